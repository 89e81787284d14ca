"""Everything that was written is searched once more for every value of a Secret, and gets its checksum on the way."""

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from mtc.gather import errors, finder, folder
from mtc.gather.secrets import Values

#: No value that is looked for is longer than what two pieces of a file share.
_OVERLAP = 4096


class LastLook:
    """The search.

    Args:
        written: the archive.
        values: only those that stand for themselves are looked for.

    Attributes:
        checksums: SHA-256 of the files that were looked through.
    """

    def __init__(self, written: folder.Folder, values: Values) -> None:
        self._written = written
        self._values = values.strong
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopped = False
        self.checksums: dict[str, str] = {}

    def go_on(self) -> None:
        """Looks through what was written since the last time. Raises errors.Leak when something is found."""
        self.checksums |= _searched(self._written.path, self._left(), self._values)

    def go_on_beside(self) -> None:
        """The same in a process of its own, which takes another processor; waits for it. Raises errors.Leak.

        What that process has not looked through, because it was ended or could not be started, is left for the next time.
        """
        wish = {
            "folder": str(self._written.path),
            "names": self._left(),
            "values": [base64.b64encode(value).decode() for value in self._values],
        }
        # A person's Ctrl-C is not meant for it: who waits for it ends it. It gets all secrets: nothing is loaded from the folder we are in (-P).
        command, pipe = [sys.executable, "-P", "-m", __name__], subprocess.PIPE
        try:
            with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, start_new_session=True) as self._process:  # noqa: S603
                if self._is_stopped:
                    self._process.kill()
                told, _ = self._process.communicate(json.dumps(wish).encode())
        except OSError:
            return
        try:
            found = json.loads(told) if self._process.returncode == 0 else None
        except ValueError:
            return  # something of this Python prints words of its own
        if found and found["leak"]:
            raise errors.Leak(found["leak"])
        self.checksums |= found["checksums"] if found else {}

    def stop(self) -> None:
        """Ends the process of its own; may be called from another thread."""
        self._is_stopped = True
        if self._process is not None:
            self._process.kill()

    def _left(self) -> list[str]:
        return [name for name in list(self._written.files) if name not in self.checksums]


def _searched(place: Path, names: Iterable[str], values: Iterable[bytes]) -> dict[str, str]:
    """Checksums of files by their names. Raises errors.Leak."""
    search = finder.Finder(Values(strong=set(values)))
    return {name: _checksum(place, name, search) for name in names}


def _checksum(place: Path, name: str, search: finder.Finder) -> str:
    if search.spans(name):
        raise errors.Leak(
            f"The name of a file in {name.partition('/')[0]} of the archive holds a value of a Secret, so nothing was handed out: an "
            "object is called so. Give the object or the Secret's value another name."
        )
    checksum = hashlib.sha256()
    for text in folder.chunks(place / name, overlap=_OVERLAP, checksum=checksum):
        if search.spans(text):
            raise errors.Leak(
                f"A value of a Secret stands in {name} of the archive, so nothing was handed out. This is a defect of mtc: please tell "
                "where such a value can stand in your objects, without the value."
            )
    return checksum.hexdigest()


def _main() -> None:
    wish = json.load(sys.stdin)
    values = [base64.b64decode(value) for value in wish["values"]]
    leak, checksums = "", dict[str, str]()
    try:
        checksums = _searched(Path(wish["folder"]), wish["names"], values)
    except errors.Leak as error:
        leak = str(error)
    json.dump({"leak": leak, "checksums": checksums}, sys.stdout)


if __name__ == "__main__":
    _main()
