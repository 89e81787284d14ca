"""Fill the volume of product pictures with the same files each time, among them all that makes copying files hard.

Does nothing where the mark file, which is written last, says that it has been done.
"""

import errno
import os
import random
import shutil
import time
from pathlib import Path

import stores

_PICTURES = 3_000
_FOLDERS = 60
_SMALLEST, _LARGEST = 4_000, 64_000
_SPARSE_BYTES = 48 * 1024 * 1024
# The date of the first file; each one after it is a little younger, down to the nanosecond.
_FIRST_NS = 1_567_040_489_123_456_789
_STEP_NS = 61_000_000_007
_MODES = (0o644, 0o640, 0o600, 0o444, 0o400, 0o664, 0o755)
_HEADERS = {".jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", ".png": b"\x89PNG\r\n\x1a\n", ".webp": b"RIFF\x00\x00\x00\x00WEBP"}
_ODD_NAMES = (
    b"with space.jpg",
    b"  leading and trailing  ",
    b"new\nline.png",
    b"tab\there.png",
    b"-rf",
    b"--exclude=*",
    b"quote'double\".jpg",
    b"back\\slash.jpg",
    b"$(not a command).png",
    b"*star?[glob].jpg",
    b"percent%20.jpg",
    b"#hash;semi&amp.jpg",
    "größe-ñandú-日本語-🧦.jpg".encode(),
    # The same letters composed and decomposed are two names.
    "é.jpg".encode(),
    "e\u0301.jpg".encode(),
    b"not-utf8-\xff\xfe\x80.jpg",
    b"\x01control\x7f.png",
    b"n" * 251 + b".jpg",
    b".hidden",
    b"no-ending.",
)


def main() -> None:
    """Seed the volume."""
    started = time.monotonic()
    top = stores.MEDIA
    mark = top / ".seeded"
    if mark.exists():
        print("media: seeded already")
        return
    _clear(top)
    chance = random.Random(20190829)  # noqa: S311 - the same data each time, no secret
    count = _pictures(top, chance) + _odd(top / "odd", chance) + _links(top) + _deep(top / "deep")
    _date_folders(top)
    mark.write_bytes(b"1\n")
    os.utime(mark, ns=(_FIRST_NS, _FIRST_NS))
    print(f"media: {count} files seeded in {time.monotonic() - started:.1f} s")


def _clear(top: Path) -> None:
    """Remove what an interrupted run has left."""
    for entry in top.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            for folder, _, _ in os.walk(entry):
                Path(folder).chmod(0o700)
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _write(path: Path, data: bytes, *, mode: int, number: int) -> None:
    path.write_bytes(data)
    path.chmod(mode)
    when = _FIRST_NS + number * _STEP_NS
    os.utime(path, ns=(when, when))


def _pictures(top: Path, chance: random.Random) -> int:
    endings = list(_HEADERS)
    for number in range(_PICTURES):
        folder = top / "pictures" / f"{number % _FOLDERS:02d}"
        if number < _FOLDERS:
            folder.mkdir(parents=True)
        ending = endings[number % len(endings)]
        data = _HEADERS[ending] + chance.randbytes(chance.randrange(_SMALLEST, _LARGEST))
        path = folder / f"product-{number:05d}{ending}"
        _write(path, data, mode=_MODES[number % len(_MODES)], number=number)
        if number % 100 == 0:
            _attribute(path, f"picture {number}")
    return _PICTURES


def _attribute(path: Path, text: str) -> None:
    """Give the file an extended attribute, on file systems that have them."""
    mode = path.stat().st_mode
    path.chmod(0o600)
    try:
        os.setxattr(path, "user.shop.caption", text.encode())
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
    finally:
        path.chmod(mode)


def _odd(folder: Path, chance: random.Random) -> int:
    folder.mkdir()
    for number, name in enumerate(_ODD_NAMES):
        _write(folder / os.fsdecode(name), chance.randbytes(500 + number), mode=0o640, number=number)
    _write(folder / "empty", b"", mode=0o600, number=30)
    _write(folder / "nobody-may-read", b"kept all the same\n", mode=0o000, number=31)
    _write(folder / "setgid", b"#!/bin/sh\n", mode=0o2755, number=32)
    sparse = folder / "sparse.img"
    with sparse.open("wb") as file:
        for place in (0, _SPARSE_BYTES // 3, _SPARSE_BYTES - 4096):
            file.seek(place)
            file.write(chance.randbytes(4096))
    os.utime(sparse, ns=(_FIRST_NS, _FIRST_NS))
    queue = folder / "queue"
    os.mkfifo(queue)
    queue.chmod(0o622)
    os.utime(queue, ns=(_FIRST_NS, _FIRST_NS))
    sticky = folder / "sticky"
    sticky.mkdir()
    sticky.chmod(0o1777)
    (folder / "empty-folder").mkdir(mode=0o750)
    return len(_ODD_NAMES) + 5


def _links(top: Path) -> int:
    """Hard links within the volume, symbolic ones inside, outside and to nowhere."""
    folder = top / "links"
    folder.mkdir()
    pictures = sorted((top / "pictures").rglob("product-*"))[:: _PICTURES // 40]
    for number, picture in enumerate(pictures):
        (folder / f"same-{number:02d}").hardlink_to(picture)
        (folder / f"see-{number:02d}").symlink_to(os.path.relpath(picture, folder))
    (folder / "absolute").symlink_to("/etc/hostname")
    (folder / "nowhere").symlink_to("gone/missing.jpg")
    (folder / "up").symlink_to("..")
    for entry in folder.iterdir():
        if entry.is_symlink():
            os.utime(entry, ns=(_FIRST_NS, _FIRST_NS), follow_symlinks=False)
    return 2 * len(pictures) + 3


def _deep(folder: Path) -> int:
    """A path of some three thousand characters."""
    for _ in range(24):
        folder /= "d" * 120
    folder.mkdir(parents=True)
    _write(folder / "bottom.txt", b"here\n", mode=0o644, number=99)
    return 1


def _date_folders(top: Path) -> None:
    """Give each folder below the top a date of its own, the deepest first."""
    for number, (folder, _, _) in enumerate(os.walk(top, topdown=False)):
        if Path(folder) != top:
            when = _FIRST_NS + number * _STEP_NS
            os.utime(folder, ns=(when, when))


if __name__ == "__main__":
    main()
