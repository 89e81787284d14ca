"""Make a repository in a private folder and put it into the bucket, so that the first config wins.

restic itself looks for a config, derives a key for a second or more, and then writes both, whatever has come meanwhile. Here the key is derived
before the bucket hears of anything, and the config is written only where there is none: of several that make the same repository
like this, one does, and the others use it. restic's own way of making one asks nobody, so those who use it must still be waited for.
"""

import asyncio
import dataclasses
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mtc import store
from mtc.movers.restic import reports
from mtc.movers.restic.runner import Runner
from mtc.movers.volumes.port import Repository
from mtc.store import errors as store_errors
from mtc.telemetry import logs

#: Time that restic has for it.
INIT_S = 120.0
_CONFIG, _KEYS = "config", "keys"


@dataclass(frozen=True)
class Made:
    """A new repository.

    Attributes:
        config: content of its config.
        keys: its keys, by their names in the repository.
    """

    config: bytes
    keys: dict[str, bytes]


async def make(restic: Runner, repository: Repository, folder: str) -> Made | None:
    """Makes the repository in a place where nothing is; None where something is by now, or the store cannot tell.

    Args:
        restic: the program.
        repository: to be made.
        folder: of the repository in the bucket.

    Raises:
        MoverError: restic could not.
        StoreError: the bucket failed.
    """
    bucket = store.open_location(repository.location)
    made = await _in_private(restic, repository)
    if [key async for key in bucket.keys(f"{folder}/")]:
        return None  # a key beside a repository that is in use would confuse restic
    for name, content in made.keys.items():
        await bucket.put(f"{folder}/{name}", content)
    if await _is_first(bucket, f"{folder}/{_CONFIG}", made.config):
        return made
    await bucket.delete([f"{folder}/{name}" for name in made.keys])
    return None


async def _in_private(restic: Runner, repository: Repository) -> Made:
    with tempfile.TemporaryDirectory(prefix="mtc-repository-") as name:
        place = store.Location(name="a private folder", provider="local", bucket=name)
        own = dataclasses.replace(repository, location=place)
        report, ended = await restic.run(own, "init", deadline_s=INIT_S)
        if ended.code:
            raise reports.failure(report, ended, doing="make a repository", where="in a private folder")
        return await asyncio.to_thread(_read, Path(name) / "restic" / repository.volume_namespace)


def _read(folder: Path) -> Made:
    keys = {f"{_KEYS}/{file.name}": file.read_bytes() for file in (folder / _KEYS).iterdir()}
    return Made((folder / _CONFIG).read_bytes(), keys)


async def _is_first(bucket: store.Store, key: str, config: bytes) -> bool:
    try:
        if await bucket.put_new(key, config):
            return True
    except store_errors.StoreUnreachable:
        raise  # nobody knows what is there by now: a key without a config is removed by the next one that makes it
    except store_errors.StoreError as error:
        # It knows no such condition, or a gateway on the way does not.
        logs.get().info("repository made in restic's own way", config=key, reason=str(error))
    # After a lost answer, or a strange one, it can be there all the same.
    try:
        return await bucket.get(key) == config
    except store_errors.ObjectNotFound:
        return False
