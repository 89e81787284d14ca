"""The image of a container cannot be pulled."""

import re
from collections.abc import Iterable
from typing import Any

from mtc.migration.outcome import Subject
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.look import Look, describe, short, title, waiting_containers

REASONS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable"}
)
#: Between two tries the kubelet says so and repeats the error behind it; the error itself is what people need.
_BACK_OFF = re.compile(r'^Back-off pulling image "[^"]*"(: Err\w+: )?')


async def find(look: Look) -> Iterable[Blocker]:
    """One for each container."""
    return [
        await _of(look, pod, container)
        for pod in await look.pods()
        for container in waiting_containers(pod.item)
        if container.get("reason") in REASONS
    ]


async def _of(look: Look, pod: Subject, container: dict[str, Any]) -> Blocker:
    told = short(_BACK_OFF.sub("", str(container.get("message") or "")))
    told = told or await look.complaint(pod, "Failed", "InspectFailed", "ErrImageNeverPull") or "the kubelet gives no reason."
    return Blocker(title(pod), f"image {container['image']} of container {container['name']} cannot be pulled: {told}", describe(pod))


CAUSE = Cause(order=60, reason="ImagePull", find=find)
