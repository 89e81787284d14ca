"""Log lines as a zip file: one file for each pod, and one with all of them in order of time."""

import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from mtc.look import errors
from mtc.look.lines import Line

_ALL = "timeline.log"


def write(path: Path, lines: Iterable[Line]) -> int:
    """How many lines were written; the file is there whole or not at all.

    Raises:
        errors.NotWritten: it cannot be.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="mtc-logs-") as place, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
            count = _spread(Path(place), lines)
            for file in sorted(Path(place).rglob("*.log")):
                packed.write(file, file.relative_to(place))
        part.rename(path)
    except OSError as error:
        raise errors.NotWritten(f"{path} cannot be written ({error.strerror}). Give another place.") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _spread(place: Path, lines: Iterable[Line]) -> int:
    count, files = 0, dict[str, IO[str]]()
    try:
        files[_ALL] = (place / _ALL).open("w", encoding="utf-8")
        for line in lines:
            name = f"{line.cluster}/{line.pod}.log"
            if name not in files:
                (place / name).parent.mkdir(exist_ok=True)
                files[name] = (place / name).open("w", encoding="utf-8")
            files[name].write(f"{line.time} {line.raw}\n")
            files[_ALL].write(f"{line.text()}\n")
            count += 1
    finally:
        for file in files.values():
            file.close()
    return count
