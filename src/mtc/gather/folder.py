"""Writes the archive: a folder, and at the end a tar file of it."""

import codecs
import contextlib
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from isal import igzip

from mtc.gather import errors, layout

_CHUNK_BYTES = 2**20
#: More costs twice the time for a few percent.
_LEVEL = 2


class Folder:
    """The folder.

    Args:
        path: exists and is empty.

    Attributes:
        files: what was written, with the number of bytes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: dict[str, int] = {}
        self._root = str(path.resolve())
        self._made: set[str] = set()

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[IO[bytes]]:
        """A file to be written; nothing is left of it where writing fails."""
        # There are no links in a folder that we alone fill, so that the name itself tells where the file lies.
        # As a text, because objects for the paths of thousands of files cost more than what is written.
        full = os.path.normpath(f"{self._root}/{name}")
        if not full.startswith(f"{self._root}/"):
            raise errors.GatherError(f"{name!r} would lie outside of the archive. Some object has a name that cannot be a file's.")
        path = Path(full)
        try:
            self._make(full.rpartition("/")[0])
            with path.open("wb") as file:
                yield file
                size = file.tell()
        except BaseException as error:
            with contextlib.suppress(OSError):
                path.unlink()
            if isinstance(error, OSError):
                raise errors.GatherError(f"{path} cannot be written ({error.strerror}). Give another place with -o.") from error
            raise
        self.files[name] = size

    def _make(self, place: str) -> None:
        if place not in self._made:
            Path(place).mkdir(parents=True, exist_ok=True)
            self._made.add(place)

    def write(self, name: str, data: bytes) -> None:
        """A small file at once."""
        with self.file(name) as file:
            file.write(data)


def pack(folder: Path, target: Path) -> None:
    """Makes a tar.gz file of a folder: the file is there whole or not at all."""
    part = target.with_name(f".{target.name}.part")
    try:
        with igzip.open(part, "wb", compresslevel=_LEVEL) as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
            tar.add(folder, arcname=layout.ROOT, filter=_anonymous)
        part.rename(target)
    except OSError as error:
        raise errors.GatherError(f"{target} cannot be written ({error.strerror}). Give another place with -o.") from error
    finally:
        part.unlink(missing_ok=True)


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """The names of the person's account are nobody's business."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def unpack(archive: Path, target: Path) -> None:
    """Lays an archive out in an empty folder. Raises errors.NoArchive."""
    try:
        with tarfile.open(archive, mode="r:gz") as tar:
            tar.extractall(target, filter="data")
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise errors.NoArchive(f"{archive} is no archive of `mtc must-gather`, or not a whole one ({error}). Fetch it again.") from error


def chunks(path: Path, *, overlap: int, checksum: "hashlib._Hash") -> Iterator[str]:
    """The text of a file in pieces that overlap, so that nothing up to that size stands between two of them; its bytes go into a checksum."""
    decoder, kept = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True), ""
    with path.open("rb", buffering=0) as file:
        while data := file.read(_CHUNK_BYTES):
            checksum.update(data)
            text = kept + decoder.decode(data)
            yield text
            kept = text[-overlap:]
