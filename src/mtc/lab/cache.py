"""What is built once and used by every lab: `<cache>/mtc-lab/<kind>-<hash>/`.

The hash is that of everything the build depends on, so that an entry is never changed and never stale. An entry is built
in a folder beside it and renamed when complete: an interrupted build leaves no entry. A file lock makes a second lab wait
for a build that the first one runs, instead of doing it twice.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

from mtc.lab import errors

_LOCK_POLL_S = 0.2
_BUILD_PREFIX = ".building-"
# Folders that belong to whoever holds the lock of the image stores.
SCRATCH_PREFIX = ".images-"
IMAGES = "images"


def root() -> Path:
    """The folder of all entries, which honours XDG_CACHE_HOME."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "mtc-lab"


def content_hash(parts: Iterable[str | Path], *, ignore: Callable[[Path], bool] = lambda _: False) -> str:
    """Twelve hexadecimal digits that change with any of the parts: strings, files, or folders with all files in them."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            digest.update(f"s{len(part)}:{part}".encode())
            continue
        files = sorted(path for path in part.rglob("*") if path.is_file()) if part.is_dir() else [part]
        for path in files:
            if ignore(path):
                continue
            name = str(path.relative_to(part)) if part.is_dir() else path.name
            data = path.read_bytes()
            mode = "x" if os.access(path, os.X_OK) else "-"
            digest.update(f"f{name}\0{mode}{len(data)}:".encode())
            digest.update(data)
    return digest.hexdigest()[:12]


async def entry(kind: str, key: str, build: Callable[[Path], Awaitable[None]]) -> Path:
    """The folder of the entry, built first where it is missing.

    Args:
        kind: what it is, e.g. `kubernetes`.
        key: hash of everything the build depends on.
        build: fills the empty folder it is given.
    """
    path = root() / f"{kind}-{key}"
    if path.is_dir():
        return path
    async with lock(f"{kind}-{key}"):
        if path.is_dir():
            return path
        for abandoned in root().glob(f"{_BUILD_PREFIX}{kind}-{key}-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        building = Path(tempfile.mkdtemp(prefix=f"{_BUILD_PREFIX}{kind}-{key}-", dir=root()))
        try:
            building.chmod(0o755)
            await build(building)
            building.rename(path)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    return path


@contextlib.asynccontextmanager
async def lock(name: str, *, directory: Path | None = None, deadline_s: float = 1800) -> AsyncIterator[None]:
    """Hold the machine-wide lock of that name; the kernel releases it when the process ends, however it ends."""
    folder = directory or root()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".lock-{name}").open("w") as handle:
        waited_s = 0.0
        while not _try_lock(handle.fileno()):
            if waited_s >= deadline_s:
                raise errors.ProgramTimedOut(f"Another process has held the lock {handle.name} for {deadline_s:g} s; end it and try again.")
            await asyncio.sleep(_LOCK_POLL_S)
            waited_s += _LOCK_POLL_S
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sweep() -> None:
    """Remove what interrupted builds have left, unless a build holds its lock."""
    for abandoned in root().glob(f"{_BUILD_PREFIX}*"):
        kind = abandoned.name.removeprefix(_BUILD_PREFIX).rpartition("-")[0]
        _remove_unlocked(kind, [abandoned])
    _remove_unlocked(IMAGES, list(root().glob(f"{SCRATCH_PREFIX}*")))


def _remove_unlocked(lock_name: str, folders: list[Path]) -> None:
    lock_file = root() / f".lock-{lock_name}"
    if not folders or not lock_file.exists():
        return
    with lock_file.open("w") as handle:
        if _try_lock(handle.fileno()):
            for folder in folders:
                shutil.rmtree(folder, ignore_errors=True)
