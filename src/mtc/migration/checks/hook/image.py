"""InvalidImage: the name of the image must be one that a container runtime can ask a registry for.

Source: the grammar of image references of the container distribution project, which all runtimes follow.
"""

import re
from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.mighook import MigHook
from mtc.migration import checks

_TYPE = conditions.INVALID_IMAGE
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_NAME = rf"(?:{_HOST}(?::[0-9]+)?/)?{_COMPONENT}(?:/{_COMPONENT})*"
_TAG = r"[\w][\w.-]{0,127}"
_ALGORITHM = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*"
_REFERENCE = re.compile(rf"({_NAME})(?::{_TAG})?(?:@{_ALGORITHM}:[0-9a-fA-F]{{32,}})?", re.ASCII)
#: Of the name without tag and digest.
_LONGEST_NAME = 255
_LONGEST_SHOWN = 100


async def _run(hook: MigHook, _: Sequence[Condition]) -> list[Condition]:
    image = hook.spec.image
    if is_reference(image):
        return []
    shown = image if len(image) <= _LONGEST_SHOWN else f"{image[:_LONGEST_SHOWN]}…"
    message = (
        f"spec.image {shown!r} of MigHook {hook.ref} is no name of an image. Write it as [registry/]name[:tag][@digest], such as "
        "registry.example.org/team/hook:1.0; only the tag may have capitals."
    )
    return [checks.critical(_TYPE, conditions.NOT_SET, message)]


def is_reference(image: str) -> bool:
    """Whether a text is a reference to an image."""
    found = _REFERENCE.fullmatch(image)
    return found is not None and len(found.group(1)) <= _LONGEST_NAME


CHECK = checks.Check(order=10, types=(_TYPE,), run=_run)
