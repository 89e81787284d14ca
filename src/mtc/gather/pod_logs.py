"""Takes logs: line by line from the API server through the redactor into a file, of several containers at once."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from mtc.gather import layout
from mtc.gather.folder import Folder
from mtc.gather.redact import Redactor
from mtc.kube import errors, streams
from mtc.kube.client import Object
from mtc.look.sites import Site

_AT_ONCE = 6
_DEADLINE_S = 300.0


async def take(site: Site, pods: Iterable[Object], *, folder: Folder, redactor: Redactor, since: datetime | None) -> dict[str, str]:
    """Why logs could not be taken, by `POD/CONTAINER`.

    Args:
        site: where the pods are.
        pods: with their name, namespace and status.
        folder: where lines go.
        redactor: cleans them.
        since: older lines are left out; None for all.
    """
    troubles: dict[str, str] = {}
    places = asyncio.Semaphore(_AT_ONCE)
    since_s = max(1, int((datetime.now(UTC) - since).total_seconds())) if since else None

    async def one(pod: Object, container: str, *, previous: bool) -> None:
        meta = pod["metadata"]
        name = layout.log(site.name, meta["namespace"], meta["name"], container, previous=previous)
        try:
            async with places, asyncio.timeout(_DEADLINE_S):
                lines = streams.logs(
                    site.client, meta["name"], namespace=meta["namespace"], container=container,
                    previous=previous, timestamps=True, since_s=since_s,
                )  # fmt: skip
                with folder.file(name) as file:
                    try:
                        async for line in lines:
                            file.write(redactor.line(line) + b"\n")
                    except errors.KubeError as error:
                        # What came before is kept.
                        troubles[f"{meta['name']}/{container}"] = redactor.text(str(error))
        except TimeoutError:
            troubles[f"{meta['name']}/{container}"] = f"not read within {_DEADLINE_S:.0f} seconds"

    async with asyncio.TaskGroup() as group:
        for pod in pods:
            for name, runs, was_there in _containers(pod):
                if runs:
                    group.create_task(one(pod, name, previous=False))
                if was_there:
                    group.create_task(one(pod, name, previous=True))
    return troubles


def _containers(pod: Object) -> list[tuple[str, bool, bool]]:
    """Name of each container, whether it has a log, and whether it had one before its last restart."""
    status = pod.get("status") or {}
    states = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    return [
        (str(state["name"]), bool((state.get("state") or {}).keys() & {"running", "terminated"}), bool(state.get("restartCount")))
        for state in states
    ]
