"""Everything that was written is searched once more for every value of a Secret, and gets its checksum on the way."""

import hashlib

from mtc.gather import errors, finder, folder
from mtc.gather.secrets import Values

#: No value that is looked for is longer than what two pieces of a file share.
_OVERLAP = 4096


class LastLook:
    """The search. What takes its time lets other threads work, so that files can be looked through while others are made.

    Args:
        written: the archive.
        values: only those that stand for themselves are looked for.

    Attributes:
        checksums: SHA-256 of the files that were looked through.
    """

    def __init__(self, written: folder.Folder, values: Values) -> None:
        self._written = written
        self._finder = finder.Finder(Values(strong=values.strong))
        self.checksums: dict[str, str] = {}

    def go_on(self) -> None:
        """Looks through what was written since the last time. Raises errors.Leak when something is found."""
        for name in [name for name in list(self._written.files) if name not in self.checksums]:
            if self._finder.spans(name):
                raise errors.Leak(
                    f"The name of a file in {name.partition('/')[0]} of the archive holds a value of a Secret, so nothing was handed out: an "
                    "object is called so. Give the object or the Secret's value another name."
                )
            checksum = hashlib.sha256()
            for text in folder.chunks(self._written.path / name, overlap=_OVERLAP, checksum=checksum):
                if self._finder.spans(text):
                    raise errors.Leak(
                        f"A value of a Secret stands in {name} of the archive, so nothing was handed out. This is a defect of mtc: please tell "
                        "where such a value can stand in your objects, without the value."
                    )
            self.checksums[name] = checksum.hexdigest()
