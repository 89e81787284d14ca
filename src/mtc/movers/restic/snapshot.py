"""The manifest of a snapshot, out of the repository's own files and without reading the data.

restic keeps of every folder a tree: its entries with all metadata, and for files the SHA-256 of each piece of content. That was
written while the volume was copied, so nothing has to be read again at the source. restic itself shows a tree a run, which
takes a second each; so the trees are read here: snapshot, index (what lies where in which pack), packs. Packs of trees hold no
data. What was read waits in files of a private folder, so that memory does not grow with the number of entries.
"""

import asyncio
import base64
import hashlib
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from mtc import store
from mtc.movers import errors, roots
from mtc.movers.restic import access, init, nodes, sealed
from mtc.movers.volumes.manifest import Entry
from mtc.movers.volumes.port import Repository
from mtc.store import errors as store_errors
from mtc.store import patient

#: Index files at once: most are small, and each is a request.
_AT_ONCE = 8
_ID = re.compile(r"[0-9a-f]{64}")
#: As long as restic itself goes on trying when it is asked for something short.
_PATIENCE_S = 120.0
_TABLE = (
    "create table blob (id blob, tree int, pack text, start int, length int, size int, packed int, primary key (id, tree)) without rowid"
)


@dataclass
class SnapshotManifest:
    """The manifest of a snapshot.

    Attributes:
        root: the volume's root folder, None where another program made the snapshot.
        is_empty: the snapshot stands for an empty volume.
    """

    root: roots.Root | None
    is_empty: bool
    _index: sqlite3.Connection = field(repr=False)
    _trees: Path = field(repr=False)

    def folders(self) -> Iterator[tuple[bytes, list[Entry]]]:
        """Every folder by its path, with its entries."""
        if self.is_empty:
            yield b"", []
            return
        with self._trees.open("rb") as lines:
            for line in lines:
                path, found = orjson.loads(line)
                entries = (nodes.entry_of(node) for node in found)
                yield base64.b64decode(path), [entry for entry in entries if entry is not None]

    def piece_bytes(self, piece: bytes) -> int:
        """How long a piece of content is."""
        row = self._index.execute("select size from blob where id = ? and tree = 0", (piece,)).fetchone()
        if row is None:
            msg = f"The index of the restic repository does not know piece {piece.hex()[:12]} of a file. Copy the volume again."
            raise errors.RepositoryDamaged(msg)
        return int(row[0])

    def close(self) -> None:
        """Gives back what is open; the files belong to who gave the folder."""
        self._index.close()


async def tags(repository: Repository, snapshot_id: str) -> list[str]:
    """The tags of a snapshot; restic itself would take a second to show them. Raises errors.MoverError."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            _, document = await _Files(repository).snapshot(snapshot_id)
    except store_errors.StoreError as error:
        raise init.translated(error) from error
    except TimeoutError as error:
        where = access.identifier(repository.location, repository.volume_namespace)
        msg = f"Snapshot {snapshot_id[:8]} of repository {where} could not be read within {_PATIENCE_S:g} s: the storage gives no answer."
        raise errors.Unreachable(msg) from error
    return _tags(document)


def missing(where: str, snapshot_id: str) -> errors.SnapshotNotFound:
    """The error about a snapshot that its repository does not have."""
    return errors.SnapshotNotFound(
        f"Repository {where} has no snapshot {snapshot_id}: it was deleted, or made in another repository. Make a new backup."
    )


async def fetch(repository: Repository, snapshot_id: str, *, empty_tag: str, folder: Path) -> SnapshotManifest:
    """The manifest.

    Args:
        repository: where the snapshot is.
        snapshot_id: which one; the beginning of its id is enough.
        empty_tag: the tag that marks the snapshot of an empty volume.
        folder: private to the call; must live as long as the manifest.

    Raises:
        errors.MoverError: it cannot be read.
    """
    if init.is_elsewhere(repository):
        msg = "The restic repository is outside of its storage location (resticRepoPrefix), where it cannot be read for a comparison."
        raise errors.Failed(msg)
    try:
        files = _Files(repository)
        keys, document = await files.snapshot(snapshot_id)
        found = _tags(document)
        root, reader = roots.from_tags(found), _Reader(files, keys, folder)
        manifest = SnapshotManifest(root, empty_tag in found, reader.index, folder / "trees")
        try:
            if not manifest.is_empty:
                await reader.read(str(document["tree"]), folder / "trees")
        except BaseException:
            manifest.close()
            raise
    except store_errors.StoreError as error:
        raise init.translated(error) from error
    return manifest


def _tags(document: Mapping[str, Any]) -> list[str]:
    return [str(tag) for tag in document.get("tags") or []]


class _Files:
    """The files of a repository in its bucket."""

    def __init__(self, repository: Repository) -> None:
        self.bucket = patient.Patient(store.open_location(repository.location), tell=_untold, patience_s=_PATIENCE_S)
        self.top = f"restic/{repository.volume_namespace}"
        self._where = access.identifier(repository.location, repository.volume_namespace)
        # As restic does with a password file, which ends with a newline where a Secret was made of one.
        self._password = repository.password.strip()

    async def snapshot(self, snapshot_id: str) -> tuple[sealed.Keys, dict[str, Any]]:
        """The keys of the repository and what restic wrote of a snapshot."""
        keys = await self._unlock()
        folder = f"{self.top}/snapshots/"
        if _ID.fullmatch(snapshot_id):
            found = [f"{folder}{snapshot_id}"]
        else:
            found = [key async for key in self.bucket.keys(folder) if key.startswith(f"{folder}{snapshot_id}")]
        try:
            content = await self.bucket.get(found[0]) if len(found) == 1 else None
        except store_errors.ObjectNotFound:
            content = None
        if content is None:
            raise missing(self._where, snapshot_id)
        return keys, keys.open_file(content)

    async def _unlock(self) -> sealed.Keys:
        folder = f"{self.top}/keys/"
        listed = [key async for key in self.bucket.keys(folder) if _ID.fullmatch(key.removeprefix(folder))]
        if not listed:
            msg = f"There is no repository {self._where}: it was deleted. Make a new backup."
            raise errors.RepositoryNotFound(msg)
        for key in listed:
            try:
                return await asyncio.to_thread(sealed.keys_of, await self.bucket.get(key), self._password)
            except (sealed.NotOpened, store_errors.ObjectNotFound):
                continue
        msg = (
            f"No key of repository {self._where} opens it. Its password is another one: put the one that it was made with into the repository "
            "Secret."
        )
        raise errors.WrongPassword(msg)


async def _untold(_: str) -> None:
    """Nobody looks at this wait: it is short."""


class _Reader:
    def __init__(self, files: _Files, keys: sealed.Keys, folder: Path) -> None:
        self._bucket, self._top = files.bucket, files.top
        self._keys, self._folder = keys, folder
        self._packs: set[str] = set()
        self.index = sqlite3.connect(folder / "index.sqlite", check_same_thread=False)
        for line in ("pragma journal_mode=off", "pragma synchronous=off", "pragma cache_size=-2048", _TABLE):
            self.index.execute(line)

    async def read(self, tree: str, trees: Path) -> None:
        await self._read_index()
        with trees.open("wb") as lines:
            await self._walk(tree, lines)

    async def _read_index(self) -> None:
        places = asyncio.Semaphore(_AT_ONCE)
        # One thread at a time writes.
        turn = asyncio.Lock()

        async def one(key: str) -> None:
            async with places:
                content = await self._bucket.get(key)
                async with turn:
                    await asyncio.to_thread(self._insert, content)

        listed = [key async for key in self._bucket.keys(f"{self._top}/index/")]
        try:
            async with asyncio.TaskGroup() as group:
                for key in listed:
                    group.create_task(one(key))
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from failed

    def _insert(self, content: bytes) -> None:
        document = self._keys.open_file(content)
        rows = (_row(pack["id"], blob) for pack in document.get("packs") or () for blob in pack.get("blobs") or ())
        self.index.executemany("insert or replace into blob values (?, ?, ?, ?, ?, ?, ?)", rows)
        self.index.commit()

    async def _walk(self, root: str, lines: Any) -> None:
        open_folders = [(b"", root)]
        while open_folders:
            path, tree = open_folders.pop()
            found = await self._tree(tree)
            lines.write(orjson.dumps([base64.b64encode(path).decode(), found]) + b"\n")
            for node in found:
                if node.get("type") == "dir" and node.get("subtree"):
                    name = nodes.name_of(str(node["name"]))
                    open_folders.append((path + b"/" + name if path else name, str(node["subtree"])))

    async def _tree(self, tree: str) -> list[dict[str, Any]]:
        row = self.index.execute(
            "select pack, start, length, packed from blob where id = ? and tree = 1", (bytes.fromhex(tree),)
        ).fetchone()
        if row is None:
            msg = f"The index of repository {self._top} does not know tree {tree[:12]} of the snapshot. Copy the volume again."
            raise errors.RepositoryDamaged(msg)
        pack, start, length, packed = row
        place = self._folder / f"pack-{pack}"
        if pack not in self._packs:
            await self._bucket.get_file(f"{self._top}/data/{pack[:2]}/{pack}", place)
            self._packs.add(pack)
        return await asyncio.to_thread(_opened, self._keys, place, start, length, tree, packed=bool(packed))


def _row(pack: str, blob: Mapping[str, Any]) -> tuple[bytes, int, str | None, int, int, int, int]:
    is_tree, packed, length = blob["type"] == "tree", blob.get("uncompressed_length"), int(blob["length"])
    size = int(packed) if packed else length - sealed.OVERHEAD_BYTES
    # Where data lies does not matter.
    return bytes.fromhex(blob["id"]), int(is_tree), pack if is_tree else None, int(blob["offset"]), length, size, int(bool(packed))


def _opened(keys: sealed.Keys, pack: Path, start: int, length: int, tree: str, *, packed: bool) -> list[dict[str, Any]]:
    with pack.open("rb") as file:
        file.seek(start)
        text = keys.open(file.read(length))
    text = sealed.expanded(text) if packed else text
    if hashlib.sha256(text).hexdigest() != tree:
        msg = f"Tree {tree[:12]} of the restic repository is damaged. Copy the volume again."
        raise errors.RepositoryDamaged(msg)
    found: list[dict[str, Any]] = orjson.loads(text).get("nodes") or []
    return found
