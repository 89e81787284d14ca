"""Files that are written from code and committed: one way to write them, to compare them, and to be called for it.

A module with such files has them as a `Generated` and ends with `sys.exit(GENERATED.main())`: then `python -m MODULE FOLDER`
writes them, and `python -m MODULE --check FOLDER` writes nothing and exits with 1 when a file differs.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


def _none(_: Path) -> Iterable[Path]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Generated:
    """The files of one folder that code writes.

    Attributes:
        module: that is run to write them.
        what: they are, for the help.
        files: gives the text of each by its path below the folder, always the same for the same code.
        left: finds files in a folder that an earlier version of the code wrote; those that are written still may be among them.
    """

    module: str
    what: str
    files: Callable[[], Mapping[str, str]]
    left: Callable[[Path], Iterable[Path]] = _none

    def differing(self, folder: Path) -> list[str]:
        """Return the names of files that are missing, superfluous or different in a folder."""
        wanted, found = self.files(), self._found(folder)
        return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))

    def write(self, folder: Path) -> None:
        """Make the files of a folder what they must be; those that nobody writes any more are deleted."""
        wanted = self.files()
        for name in self._found(folder).keys() - wanted.keys():
            (folder / name).unlink()
        for name, text in wanted.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Write or check the files; the exit code."""
        command = f"python -m {self.module}"
        parser = argparse.ArgumentParser(prog=command, description=f"Write {self.what}.")
        parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a file differs")
        parser.add_argument("folder", type=Path, help="where the files are")
        options = parser.parse_args(arguments)
        if not options.check:
            self.write(options.folder)
            return 0
        names = self.differing(options.folder)
        for name in names:
            sys.stderr.write(f"{options.folder / name} is not what the code says: run `{command} {options.folder}`\n")
        return 1 if names else 0

    def _found(self, folder: Path) -> dict[str, str]:
        """Return the files of a folder that are ours to change or delete."""
        paths = {path for name in self.files() if (path := folder / name).is_file()} | set(self.left(folder))
        return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}
