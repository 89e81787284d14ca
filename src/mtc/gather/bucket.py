"""Takes what the engine wrote into the bucket beside Backups and Restores: their logs, and their warnings and errors."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from isal import igzip

from mtc import store
from mtc.engine import layout as bucket_layout
from mtc.engine import locations
from mtc.engine.errors import EngineError
from mtc.gather import layout
from mtc.gather.folder import Folder
from mtc.gather.redact import Redactor
from mtc.kube import errors, resources
from mtc.kube.client import Object
from mtc.look.sites import Site
from mtc.store.errors import ObjectNotFound, StoreError

_AT_ONCE = 8
_DEADLINE_S = 20.0
_FILES = ("logs.gz", "results.gz")
_ENDED = frozenset({"Completed", "PartiallyFailed", "Failed", "FailedValidation"})


class Bucket:
    """The bucket of one cluster.

    Args:
        site: the cluster.
        namespace: of the toolkit.
    """

    def __init__(self, site: Site, namespace: str) -> None:
        self._site, self._namespace = site, namespace
        self._stores: dict[str, store.Store | None] = {}
        self.troubles: dict[str, str] = {}

    async def take(self, *, folder: Folder, redactor: Redactor, since: datetime | None) -> None:
        """Takes the files of all that has ended. What cannot be read is told in `troubles`."""
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(location: str, key: str) -> None:
            async with places:
                await self._file(location, key, folder=folder, redactor=redactor)

        found = [pair async for pair in self._wanted(since)]
        for location in {location for location, _ in found}:
            await self._open(location)
        async with asyncio.TaskGroup() as group:
            for location, key in found:
                group.create_task(one(location, key))

    async def _wanted(self, since: datetime | None) -> AsyncIterator[tuple[str, str]]:
        """Locations and keys."""
        placed: dict[str, str] = {}
        for kind in (resources.BACKUPS, resources.RESTORES):
            for item in await self._site.client.list_all(kind, namespace=self._namespace):
                name, spec, status = str(item["metadata"]["name"]), item.get("spec") or {}, item.get("status") or {}
                if kind is resources.BACKUPS:
                    placed[name] = str(spec.get("storageLocation") or "")
                location = placed.get(name if kind is resources.BACKUPS else str(spec.get("backupName") or ""), "")
                if location and status.get("phase") in _ENDED and not _is_old(status, since):
                    files = bucket_layout.BackupFiles(name) if kind is resources.BACKUPS else bucket_layout.RestoreFiles(name)
                    for file in _FILES:
                        yield location, files.part(file)

    async def _open(self, name: str) -> None:
        self._stores[name] = None
        try:
            async with asyncio.timeout(_DEADLINE_S):
                self._stores[name] = await locations.open_store(self._site.client, self._namespace, name)
        except (EngineError, StoreError, errors.KubeError) as error:
            self.troubles[name] = str(error)
        except TimeoutError:
            self.troubles[name] = f"not opened within {_DEADLINE_S:.0f} seconds"

    async def _file(self, location: str, key: str, *, folder: Folder, redactor: Redactor) -> None:
        bucket = self._stores[location]
        if bucket is None or location in self.troubles:
            return
        try:
            with tempfile.TemporaryDirectory(prefix="mtc-bucket-") as place:
                path = Path(place) / "file"
                async with asyncio.timeout(_DEADLINE_S):
                    await bucket.get_file(key, path)
                with igzip.open(path, "rb") as packed, folder.file(f"{layout.bucket(self._site.name)}/{key.removesuffix('.gz')}") as file:
                    for line in packed:
                        file.write(redactor.text(line.decode(errors="replace").rstrip("\n")).encode() + b"\n")
        except ObjectNotFound:
            return  # A run that was refused writes none.
        except (StoreError, OSError, EOFError) as error:
            self.troubles[location] = redactor.text(str(error))
        except TimeoutError:
            # One that does not answer will not answer for the next file.
            self.troubles[location] = f"no answer within {_DEADLINE_S:.0f} seconds"


def _is_old(status: Object, since: datetime | None) -> bool:
    ended = status.get("completionTimestamp")
    return bool(since and ended and datetime.fromisoformat(str(ended)) < since)
