"""Tar entries written and read at the speed of an archive with hundreds of thousands of small objects.

The standard library's tarfile makes and takes apart a header in 50 to 70 microseconds, twice for each object of a backup;
that is as much as everything else that a backup does. Here are only the forms that archives of backups have: files with
short or long names (GNU and PAX), as Velero and we write them. Everything rare goes through tarfile.
"""

import tarfile
from collections.abc import Callable, Iterator
from typing import BinaryIO, TypeVar

_BLOCK = 512
_RECORD = 20 * _BLOCK
_NAME, _SIZE, _CHECKSUM, _PREFIX = slice(0, 100), slice(124, 136), slice(148, 156), slice(345, 500)
_TYPE = 156
_FILES, _LONG_NAME, _PAX, _PASSED_OVER = b"0\0", ord("L"), ord("x"), b"5gK"
_MAGIC = slice(257, 263)
_USTAR = b"ustar\0"
_OCTAL_LIMIT = 8**11

T = TypeVar("T")


class Headers:
    """Makes the headers of files that differ in name and size only.

    Args:
        mode: permissions of all of them.
        mtime: seconds since 1970.
    """

    def __init__(self, *, mode: int, mtime: int) -> None:
        self._mode, self._mtime = mode, mtime
        plain = self._by_library("x", 0)
        self._before_size, self._before_checksum, self._rest = plain[100:124], plain[136:148], plain[156:]
        # The sum is taken with eight spaces in the place of the checksum.
        self._sum = sum(self._before_size) + sum(self._before_checksum) + sum(self._rest) + 8 * ord(" ")

    def header(self, path: str, size: int) -> bytes:
        """The blocks in front of a file's content."""
        name = path.encode()
        if len(name) > _NAME.stop or size >= _OCTAL_LIMIT:
            return self._by_library(path, size)
        field = b"%011o\0" % size
        checksum = b"%06o\0 " % (self._sum + sum(name) + sum(field))
        return b"".join((name.ljust(_NAME.stop, b"\0"), self._before_size, field, self._before_checksum, checksum, self._rest))

    def _by_library(self, path: str, size: int) -> bytes:
        entry = tarfile.TarInfo(path)
        entry.size, entry.mode, entry.mtime = size, self._mode, self._mtime
        return entry.tobuf(tarfile.GNU_FORMAT)


def padding(size: int) -> bytes:
    """The zeros behind a content of so many bytes."""
    return bytes(-size % _BLOCK)


def end(written: int) -> bytes:
    """What ends an archive of so many bytes."""
    return bytes(2 * _BLOCK + -(written + 2 * _BLOCK) % _RECORD)


def contents(stream: BinaryIO, wanted: Callable[[str], T | None], *, largest: int) -> Iterator[tuple[T, bytes]]:
    """The files of an archive for whose path `wanted` gives something, with that and their content.

    Args:
        stream: the archive, unpacked.
        wanted: called with the path of each entry; what it raises comes out here.
        largest: more bytes than a file may have.

    Raises:
        tarfile.TarError: it is no archive, ends too early, or has an entry of a kind that backups do not have.
    """
    long_name = ""
    while True:
        header = _read(stream, _BLOCK)
        if not any(header):
            return
        kind, size = header[_TYPE], _checked_size(header)
        if size > largest:
            msg = f"its entry {_name(header)!r} is too large for an object"
            raise tarfile.TarError(msg)
        body = _read(stream, size + -size % _BLOCK)[:size]
        if kind == _LONG_NAME:
            long_name = body.rstrip(b"\0").decode("utf-8", "replace")
        elif kind == _PAX:
            long_name = _pax_path(body)
        elif kind in _FILES or kind in _PASSED_OVER:
            found = wanted(long_name or _name(header))
            long_name = ""
            if found is not None and kind in _FILES:
                yield found, body
        else:
            msg = f"its entry {long_name or _name(header)!r} is neither a file nor a folder"
            raise tarfile.TarError(msg)


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        msg = "it ends in the middle of an entry"
        raise tarfile.TarError(msg)
    return data


def _checked_size(header: bytes) -> int:
    try:
        checksum = int(header[_CHECKSUM].rstrip(b"\0 ") or b"0", 8)
        size = tarfile.nti(header[_SIZE]) if header[_SIZE.start] & 0x80 else int(header[_SIZE].rstrip(b"\0 ") or b"0", 8)  # type: ignore[attr-defined]
    except ValueError as error:
        msg = "a header of it is broken"
        raise tarfile.TarError(msg) from error
    if checksum != sum(header) - sum(header[_CHECKSUM]) + 8 * ord(" "):
        msg = "a header of it has a wrong checksum"
        raise tarfile.TarError(msg)
    return int(size)


def _name(header: bytes) -> str:
    name = header[_NAME].partition(b"\0")[0]
    if header[_MAGIC] == _USTAR and header[_PREFIX.start]:
        name = header[_PREFIX].partition(b"\0")[0] + b"/" + name
    return name.decode("utf-8", "replace")


def _pax_path(body: bytes) -> str:
    """The path in a PAX header, "" where it has none. A record is `length key=value` and a line end."""
    while body:
        digits, _, _ = body.partition(b" ")
        length = int(digits) if digits.isdigit() else 0
        record, body = body[:length], body[length:]
        key, equals, value = record[len(digits) + 1 : -1].partition(b"=")
        if not equals:
            msg = "a PAX header of it is broken"
            raise tarfile.TarError(msg)
        if key == b"path":
            return value.decode("utf-8", "replace")
    return ""
