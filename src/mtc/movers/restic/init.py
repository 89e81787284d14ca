"""Make a repository, even when several processes do so at once or one is killed in the middle.

Where nothing is, the first config wins (`making`); where something is left or the bucket knows no such condition, restic makes the
repository. It writes a key, then a config that is encrypted with it, and asks nobody. Two that start together can leave two keys of
which one fits the config. So, in both ways: after making a repository we wait until every rival that had not seen ours must be through,
look whether it opens, and remove keys that do not fit, as long as nothing has been stored. Nothing is removed before the
config has stayed the same for that time: a rival that is slower than we thought may just have written another one. A key
without a config is what a killed process leaves behind; it is removed when no config appears.
"""

import asyncio
import time
from dataclasses import dataclass

from mtc import store
from mtc.movers import errors
from mtc.movers.restic import access, making, reports
from mtc.movers.restic.runner import Runner
from mtc.movers.volumes.port import Repository
from mtc.store import errors as store_errors

_LOOK_AGAIN_S = 1.0
_DAMAGED = "ciphertext verification failed"
_SNAPSHOTS = "already contains snapshots"
_RIVAL = ("already initialized", "already contains keys", "already exists")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for others that make the same repository.

    Attributes:
        settle_s: from our config to our first use of it, at least. restic needs about a second from its look for a config to
            writing its own (key derivation), more where the machine or the storage is slow, which our own run tells.
        runs: how many times the duration of our own run that must be at least.
        runs_of_others: the same where the first config wins, so that only restic itself, started by other programs, can come in between.
        rival_s: how long another process may take from its key to its config before we take it for dead.
    """

    settle_s: float = 3.0
    runs: float = 2.0
    runs_of_others: float = 1.0
    rival_s: float = 30.0


async def ensure(restic: Runner, repository: Repository, patience: Patience) -> None:
    """Makes the repository unless it exists, and proves that it can be used. Raises MoverError."""
    where = access.identifier(repository.location, repository.volume_namespace)
    if await _exists(restic, repository):
        await _open(restic, repository, patience)
        return
    if repository.is_read_only:
        msg = f"There is no repository {where}, and {repository.location.name} is read-only, so none can be made. Make a backup first."
        raise errors.RepositoryNotFound(msg)
    began = time.monotonic()
    made = None
    if await _is_empty(repository):
        made = await _make_first(restic, repository)
    if made is None:
        began = time.monotonic()
        await _make(restic, repository, where, patience)
    runs = patience.runs if made is None else patience.runs_of_others
    await asyncio.sleep(max(patience.settle_s, runs * (time.monotonic() - began)))
    if made is None or not await _is_still(repository, made):
        await _open(restic, repository, patience)


async def _is_empty(repository: Repository) -> bool:
    """Whether nothing is where the repository belongs, as far as the store port sees it."""
    return not is_elsewhere(repository) and not await _objects(repository)


async def _make_first(restic: Runner, repository: Repository) -> making.Made | None:
    """Makes it where nobody else has meanwhile."""
    try:
        return await making.make(restic, repository, _folder(repository))
    except store_errors.StoreError as error:
        raise translated(error) from error


async def _is_still(repository: Repository, made: making.Made) -> bool:
    """Whether the repository is the one that was made: then its key fits its config, and restic need not be asked.

    Whoever took us for dead while our config was on its way may have removed our key: it is put back, because nothing else opens it.
    """
    if await _config(repository) != made.config:
        return False
    keys = {key for key in await _objects(repository) if key.startswith("keys/")}
    try:
        for name in made.keys.keys() - keys:
            await store.open_location(repository.location).put(f"{_folder(repository)}/{name}", made.keys[name])
    except store_errors.StoreError as error:
        raise translated(error) from error
    return not keys - made.keys.keys()


def _folder(repository: Repository) -> str:
    return f"restic/{repository.volume_namespace}"


async def _exists(restic: Runner, repository: Repository) -> bool:
    """Whether there is a config: asked of the storage itself, whose errors are quicker and clearer than restic's."""
    if is_elsewhere(repository):
        try:
            await _look(restic, repository)
        except errors.RepositoryNotFound:
            return False
        return True
    try:
        bucket = store.open_location(repository.location)
        # Only listing tells a bucket that does not exist from an object that does not.
        await bucket.folders("restic/")
        return await bucket.exists(f"{_folder(repository)}/config")
    except store_errors.StoreError as error:
        raise translated(error) from error


async def _make(restic: Runner, repository: Repository, where: str, patience: Patience) -> None:
    for _ in range(2):
        report, ended = await restic.run(repository, "init", deadline_s=making.INIT_S)
        if not ended.code:
            return
        if _SNAPSHOTS in f"{report.final} {ended.tail}":
            # Somebody may be about to write the config.
            if await _appears(restic, repository, patience):
                return
            raise _without_config(repository, where, "snapshots")
        if not any(word in f"{report.final} {ended.tail}" for word in _RIVAL):
            raise reports.failure(report, ended, doing="make the repository", where=where)
        if await _appears(restic, repository, patience):
            return
        await _remove_unfinished(repository, where)
    raise reports.failure(report, ended, doing="make the repository", where=where)


async def _appears(restic: Runner, repository: Repository, patience: Patience) -> bool:
    try:
        async with asyncio.timeout(patience.rival_s):
            while True:
                if await _exists(restic, repository):
                    return True
                await asyncio.sleep(_LOOK_AGAIN_S)
    except TimeoutError:
        return False


async def _look(restic: Runner, repository: Repository) -> None:
    await restic.short(repository, "cat", "config", "--no-lock", doing="open it")


async def _open(restic: Runner, repository: Repository, patience: Patience) -> None:
    """Opens it; where its keys do not all fit, once nobody makes the same repository any more.

    `_remove_misfits` either changes what the next round finds or ends the loop: it is false when nothing fits.
    """
    give_up = time.monotonic() + patience.rival_s
    while True:
        try:
            await _look(restic, repository)
        except errors.Failed as error:
            if _DAMAGED not in str(error) or is_elsewhere(repository):
                raise
            before = await _config(repository)
            await asyncio.sleep(patience.settle_s)
            if before != await _config(repository) and time.monotonic() < give_up:
                continue
            if not await _remove_misfits(restic, repository):
                # Who lost to another one has taken its key away by now.
                await _look(restic, repository)
                return
        else:
            return


async def _config(repository: Repository) -> bytes:
    try:
        return await store.open_location(repository.location).get(f"{_folder(repository)}/config")
    except store_errors.ObjectNotFound:
        return b""
    except store_errors.StoreError as error:
        raise translated(error) from error


async def _remove_unfinished(repository: Repository, where: str) -> None:
    """Removes the key of a process that was killed before it wrote the config; refuses when anything else is there."""
    found = await _objects(repository)
    others = [key for key in found if not key.startswith(("keys/", "locks/"))]
    if others:
        raise _without_config(repository, where, f"{len(others)} other objects (for instance {others[0]})")
    await _delete(repository, found)


def _without_config(repository: Repository, where: str, left: str) -> errors.RepositoryDamaged:
    location = repository.location
    folder = "/".join(part for part in (location.prefix.strip("/"), _folder(repository)) if part)
    place = where if is_elsewhere(repository) else f"{folder} of bucket {location.bucket}"
    return errors.RepositoryDamaged(
        f"Repository {where} has no config, but {left}: it is damaged, because a part of it was deleted, and nothing can be restored from it. "
        f"Bring its files back, or empty the folder {place}: then a new copy is made."
    )


async def _remove_misfits(restic: Runner, repository: Repository) -> bool:
    """Whether keys that do not fit the config were removed. Nothing is touched once there are snapshots."""
    found = await _objects(repository)
    if any(key.startswith("snapshots/") for key in found):
        return False
    fits: list[str] = []
    misfits: list[str] = []
    for key in (key for key in found if key.startswith("keys/")):
        hint = key.rsplit("/", 1)[-1]
        report, ended = await restic.run(repository, "cat", "--key-hint", hint, "config", "--no-lock", deadline_s=making.INIT_S)
        if not ended.code:
            fits.append(key)
        elif _DAMAGED in f"{report.final} {ended.tail}":
            misfits.append(key)
    if fits:
        await _delete(repository, misfits)
    return bool(fits)


async def _objects(repository: Repository) -> list[str]:
    folder = f"{_folder(repository)}/"
    try:
        return sorted([key.removeprefix(folder) async for key in store.open_location(repository.location).keys(folder)])
    except store_errors.StoreError as error:
        raise translated(error) from error


async def _delete(repository: Repository, names: list[str]) -> None:
    try:
        await store.open_location(repository.location).delete([f"{_folder(repository)}/{name}" for name in names])
    except store_errors.StoreError as error:
        raise translated(error) from error


def is_elsewhere(repository: Repository) -> bool:
    """Whether the repository is not below the location's folder, so that the store port does not see it."""
    return bool(repository.location.config.get("resticRepoPrefix"))


def translated(error: store_errors.StoreError) -> errors.MoverError:
    """The error of our tree for one of the storage."""
    kinds: dict[type[store_errors.StoreError], type[errors.MoverError]] = {
        store_errors.BucketNotFound: errors.BucketNotFound,
        store_errors.AccessDenied: errors.Denied,
        store_errors.StoreFull: errors.NoSpace,
        store_errors.StoreUnreachable: errors.Unreachable,
    }
    fitting = (made for kind, made in kinds.items() if isinstance(error, kind))
    return next(fitting, errors.Failed)(str(error))
