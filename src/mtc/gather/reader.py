"""From an archive back to clusters that can be looked at: trees, descriptions, logs and explanations take it like the clusters themselves."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mtc.gather import errors, folder, layout
from mtc.gather.archived import Archived
from mtc.kube import codec
from mtc.kube.access import Access
from mtc.kube.client import Client, Object
from mtc.look.sites import Site, Sites
from mtc.store.errors import ObjectNotFound

#: Of the manifest; a later form that older programs cannot read has another number.
FORMAT = 1


@dataclass(frozen=True)
class Archive:
    """An archive that can be read.

    Attributes:
        folder: where its files are.
        sites: its clusters.
        taken: when it was made.
        namespace: of the toolkit.
        manifest: what it says about itself.
    """

    folder: Path
    sites: Sites
    taken: datetime
    namespace: str
    manifest: Mapping[str, Any]


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Archive]:
    """An archive: a tar.gz file, or the folder that it was unpacked to.

    Raises:
        errors.NoArchive: there is none, or it is not one of `mtc must-gather`.
    """
    if path.is_dir():
        yield of_folder(path)
        return
    if not path.is_file():
        raise errors.NoArchive(f"There is no file or folder {path}. `mtc must-gather` makes one.")
    with tempfile.TemporaryDirectory(prefix="mtc-must-gather-") as place:
        folder.unpack(path, Path(place))
        yield of_folder(Path(place))


def of_folder(path: Path) -> Archive:
    """The archive in a folder. Raises errors.NoArchive."""
    root = next((place for place in (path, path / layout.ROOT) if (place / layout.MANIFEST).is_file()), None)
    if root is None:
        raise errors.NoArchive(f"{path} has no {layout.MANIFEST}: it is no archive of `mtc must-gather`.")
    try:
        manifest = codec.loads((root / layout.MANIFEST).read_bytes())
        if manifest["format"] != FORMAT:
            raise errors.NoArchive(f"{path} has form {manifest['format']}; this program reads {FORMAT}. Use the program that made it.")
        return Archive(root, _sites(root, manifest), datetime.fromisoformat(manifest["taken"]), manifest["namespace"], manifest)
    except (KeyError, TypeError, ValueError) as error:
        raise errors.NoArchive(f"{layout.MANIFEST} of {path} is not what `mtc must-gather` writes ({error!r}).") from error


def _sites(root: Path, manifest: Mapping[str, Any]) -> Sites:
    found = []
    for name, told in manifest["clusters"].items():
        client = Client(Access(server=f"archive {root.name}"), name=name)
        client.transport = Archived(root, name=name, read=frozenset(told["read"]))
        found.append(Site(name, client, is_host=bool(told["host"]), stored=_stored(root, name)))
    return Sites(
        tuple(sorted(found, key=lambda site: (not site.is_host, site.name))),
        list(manifest["unreachable"]),
        datetime.fromisoformat(manifest["taken"]),
    )


def _stored(root: Path, name: str) -> Callable[[Object, str], Awaitable[bytes]]:
    """Files of the bucket, which the archive has unpacked."""

    async def read(location: Object, key: str) -> bytes:
        del location
        path = root / layout.bucket(name) / key.removesuffix(".gz")
        if not path.is_file():
            raise ObjectNotFound(f"{key} is not in the archive.")
        return path.read_bytes()

    return read
