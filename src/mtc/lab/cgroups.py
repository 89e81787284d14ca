"""The lab's cgroups: a tree of the lab's own name, in every hierarchy.

`mtc-lab-<name>/programs` holds `mtc lab up` while it works and, because children inherit it, everything that it starts;
`mtc-lab-<name>/<role>` is the root that a kubelet puts pods below. A process cannot leave the tree by being orphaned, so
that the tree, and no record, tells what belongs to the lab.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from mtc.lab import errors, layout

_ROOT = Path("/sys/fs/cgroup")
# Controllers that the kubelet cannot do without.
REQUIRED = ("cpu", "cpuacct", "cpuset", "memory", "devices", "pids")
REQUIRED_V2 = ("cpu", "cpuset", "memory", "pids")
_PROGRAMS = "programs"
_CPUSET_FILES = ("cpuset.cpus", "cpuset.mems")
_END_S = 20
_PAUSE_S = 0.05


def is_v2() -> bool:
    """Whether the machine has the single hierarchy of cgroup v2."""
    return (_ROOT / "cgroup.controllers").is_file()


def hierarchies() -> list[Path]:
    """The top folders of all hierarchies."""
    if is_v2():
        return [_ROOT]
    return sorted(path for path in _ROOT.iterdir() if (path / "cgroup.procs").is_file() and not path.is_symlink())


def missing_controllers() -> list[str]:
    """The controllers that pods need and the machine does not have."""
    if is_v2():
        present = (_ROOT / "cgroup.controllers").read_text().split()
        return [name for name in REQUIRED_V2 if name not in present]
    return [name for name in REQUIRED if not (_ROOT / name / "cgroup.procs").is_file()]


def create(lab: layout.Lab) -> None:
    """Make the lab's tree in every hierarchy."""
    names = [layout.cgroup_name(lab.name), *(cluster.cgroup for cluster in lab.clusters)]
    for top in hierarchies():
        for name in names:
            (top / name).mkdir(exist_ok=True)
            if (top / name / "cpuset.cpus").is_file() and not is_v2():
                _copy_cpuset(top / name)
        if is_v2():
            _delegate(top, names)
    _programs(lab.name).mkdir(exist_ok=True)


def _copy_cpuset(path: Path) -> None:
    """A new cpuset of cgroup v1 allows no processor and no memory until it is told."""
    for name in _CPUSET_FILES:
        if not (path / name).read_text().strip():
            (path / name).write_text((path.parent / name).read_text())


def _delegate(top: Path, names: list[str]) -> None:
    controllers = " ".join(f"+{name}" for name in (top / "cgroup.controllers").read_text().split())
    for path in (top, *(top / name for name in names)):
        (path / "cgroup.subtree_control").write_text(controllers)


@contextlib.contextmanager
def member(lab: layout.Lab) -> Iterator[None]:
    """Be in the lab's tree for a while, so that every program started meanwhile belongs to the lab for good."""
    before = _own_cgroup()
    (_programs(lab.name) / "cgroup.procs").write_text(str(os.getpid()))
    try:
        yield
    finally:
        # The tree is gone when the lab was taken down from another process.
        with contextlib.suppress(OSError):
            (before / "cgroup.procs").write_text(str(os.getpid()))


def processes(name: str) -> list[int]:
    """The processes of the lab of that name, without the calling one."""
    tree = _identity() / layout.cgroup_name(name)
    found: set[int] = set()
    for path in (tree, *tree.rglob("*/")) if tree.is_dir() else ():
        with contextlib.suppress(FileNotFoundError, OSError):
            found.update(int(pid) for pid in (path / "cgroup.procs").read_text().split())
    return sorted(found - {os.getpid()})


async def end(name: str, *, part: str | None = None) -> None:
    """Kill every process of the lab, or of one part of its tree, and wait until they are gone.

    Raises:
        errors.ProgramTimedOut: some process did not end.
    """
    inner = name if part is None else f"{name}/{part}"
    try:
        async with asyncio.timeout(_END_S):
            while left := processes(inner):
                for pid in left:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError as error:
        pids = ", ".join(str(pid) for pid in processes(inner))
        raise errors.ProgramTimedOut(f"These processes of the lab {name} did not end when killed: {pids}.") from error


async def remove(name: str, *, part: str | None = None) -> None:
    """Remove the lab's tree, or a part of it, from every hierarchy; its processes must have ended."""
    inner = layout.cgroup_name(name) if part is None else f"{layout.cgroup_name(name)}/{part}"
    for top in hierarchies():
        tree = top / inner
        try:
            async with asyncio.timeout(_END_S):
                while tree.is_dir():
                    _remove_empty(tree)
                    if tree.is_dir():
                        await asyncio.sleep(_PAUSE_S)
        except TimeoutError as error:
            raise errors.ProgramTimedOut(f"The cgroup {tree} is still in use after its processes ended; remove it by hand.") from error


def _remove_empty(tree: Path) -> None:
    for path, _, _ in os.walk(tree, topdown=False):
        with contextlib.suppress(OSError):
            Path(path).rmdir()


def leftovers(name: str) -> list[Path]:
    """The folders of the lab's tree that exist."""
    return [top / layout.cgroup_name(name) for top in hierarchies() if (top / layout.cgroup_name(name)).is_dir()]


def _identity() -> Path:
    """The hierarchy whose tree tells which processes are the lab's."""
    return _ROOT if is_v2() else _ROOT / "pids"


def _programs(name: str) -> Path:
    return _identity() / layout.cgroup_name(name) / _PROGRAMS


def _own_cgroup() -> Path:
    """The calling process's folder in the identifying hierarchy."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == ("" if is_v2() else "pids"):
            return _identity() / path.lstrip("/")
    return _identity()
