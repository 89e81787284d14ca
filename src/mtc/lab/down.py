"""`mtc lab down`: remove everything that a lab has on this machine.

What there is to remove is told by the lab's name alone: its cgroup has every process, whose end takes namespaces and mounts
with it; the bridge, the rules and the folders bear the name. A lab of which only a part exists, because `up` was killed or the
records are lost, goes the same way.
"""

import shutil
from pathlib import Path

from mtc.lab import cache, cgroups, errors, layout, network, state, steps

# Places that Kubernetes programs have built in and `up` makes where they are missing.
_PLACES = ("/var/lib/kubelet", "/var/lib/cni", "/var/log/pods", "/var/log/containers", "/run/containerd", "/run/netns")


async def down(name: str) -> None:
    """Remove the lab of that name; nothing happens where there is none.

    Raises:
        errors.LabError: something could not be removed; the message names it.
    """
    layout.check_name(name)
    async with state.alone(name):
        with steps.step(f"taking down the lab {name}"):
            await clear(name)
        if not state.names():
            _remove_places()
    cache.sweep()


async def clear(name: str) -> None:
    """Remove what there is of the lab of that name; the caller holds the lab's lock.

    Raises:
        errors.LabError: something could not be removed; the message names it.
    """
    await cgroups.end(name)
    await cgroups.remove(name)
    await network.remove(name)
    for folder in (layout.RUN_ROOT / name, layout.STATE_ROOT / name):
        _remove_tree(folder)


async def leftovers(name: str) -> list[str]:
    """What the lab of that name has on this machine, in words; empty after `down`."""
    found = [f"process {pid}" for pid in cgroups.processes(name)]
    found += [f"cgroup {path}" for path in cgroups.leftovers(name)]
    found += await network.leftovers(name)
    return found + [f"folder {path}" for path in (layout.RUN_ROOT / name, layout.STATE_ROOT / name) if path.exists()]


def _remove_tree(folder: Path) -> None:
    """Remove the folder with everything in it.

    Raises:
        errors.LabError: something in it could not be removed.
    """
    if not folder.exists():
        return
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise errors.LabError(
            f"{error.filename} could not be removed: {error.strerror}. End what uses it and run `mtc lab down` again."
        ) from error


def _remove_places() -> None:
    """Remove the empty folders that the last lab leaves; those that something else uses are not empty, or mounted over."""
    for place in (*_PLACES, str(layout.RUN_ROOT)):
        path = Path(place)
        if path.is_dir() and not path.is_symlink() and not path.is_mount() and not any(path.iterdir()):
            path.rmdir()
