"""Which labs exist, and the number of each.

A lab exists as long as its folder does. Its number is chosen and recorded before anything else is made, under a lock that all
labs share; one verb at a time works on a lab, under a lock of its own.
"""

import contextlib
import json
from collections.abc import AsyncIterator

from mtc.lab import cache, errors, layout, network

_LAB_FILE = "lab.json"
_VERB_DEADLINE_S = 3600


def find(name: str) -> layout.Lab | None:
    """The lab of that name, if its number is recorded."""
    try:
        document = json.loads((layout.STATE_ROOT / layout.check_name(name) / _LAB_FILE).read_text())
        return layout.Lab(name, int(document["number"]))
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError):
        return None


def require(name: str) -> layout.Lab:
    """The lab of that name.

    Raises:
        errors.LabNotFound: there is none.
    """
    lab = find(name)
    if lab is None:
        raise errors.LabNotFound(f"There is no lab named {name} on this machine; start it with `mtc lab up --name {name}`.")
    return lab


def names() -> list[str]:
    """The names of all labs that have a folder."""
    if not layout.STATE_ROOT.is_dir():
        return []
    return sorted(path.name for path in layout.STATE_ROOT.iterdir() if path.is_dir())


async def ensure(name: str) -> layout.Lab:
    """The lab of that name, made and given a number where it is new.

    Raises:
        errors.LabError: all address ranges are taken.
    """
    async with cache.lock("numbers", directory=layout.STATE_ROOT):
        if found := find(name):
            return found
        taken = {lab.number for other in names() if (lab := find(other))} | await network.used_numbers()
        free = next((number for number in range(layout.LABS_MAX) if number not in taken), None)
        if free is None:
            raise errors.LabError("No address range is left for another lab: take one down with `mtc lab down --name NAME`.")
        lab = layout.Lab(name, free)
        lab.directory.mkdir(parents=True, exist_ok=True)
        path = lab.directory / _LAB_FILE
        made = path.with_suffix(".new")
        made.write_text(json.dumps({"number": lab.number}))
        made.rename(path)
        return lab


@contextlib.asynccontextmanager
async def alone(name: str) -> AsyncIterator[None]:
    """Hold the lock of the lab of that name: one verb at a time changes it."""
    async with cache.lock(f"lab-{layout.check_name(name)}", directory=layout.STATE_ROOT, deadline_s=_VERB_DEADLINE_S):
        yield
