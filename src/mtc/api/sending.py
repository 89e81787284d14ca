"""What a pod that sends a volume says in the end: the message that its container leaves behind, read by the controller.

A termination message has at most 4,096 bytes, so differences are few and texts short. Nothing here has a part of a file.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from mtc.api import base
from mtc.api.proof import FileDifference

#: So that all of it fits, however long names are.
_FIRST, _PATH, _TEXT, _LIMIT = 10, 120, 1_200, 4_000
_PERCENT, _RATE = re.compile(r"(\d+)%"), re.compile(r"\d+\.?\w*/s")
_BYTES = re.compile(r"([\d,]+) of ([\d,]+) bytes")
#: Of each of the last lines of a log.
_LINE = 60


class Sent(base.Model):
    """How it went."""

    copied: bool = Field(default=False, description="Whether everything has arrived.", json_schema_extra=base.REQUIRED)
    files: base.Int64 = Field(default=0, description="Entries of the volume.")
    total_bytes: base.Int64 = Field(default=0, description="Size of its files.")
    sent_bytes: base.Int64 = Field(default=0, description="Size of the files that were sent.")
    compared: bool = Field(default=False, description="Whether both sides were compared to the end.", json_schema_extra=base.REQUIRED)
    differences: base.Int64 = Field(default=0, description="Entries that differ.")
    first: list[FileDifference] = Field(default_factory=list, description="The first of them.")
    reason: str = Field(default="", description="One word for what went wrong.")
    message: str = Field(default="", description="What went wrong.")

    def with_difference(self, path: str, what: tuple[str, ...]) -> "Sent":
        """One more, which is kept as long as there is room."""
        if len(self.first) >= _FIRST:
            return self
        return self.model_copy(update={"first": [*self.first, FileDifference(path=path[:_PATH], what=list(what)[:4])]})

    def to_json(self) -> str:
        """As the container leaves it behind."""
        # Some scripts have four bytes a letter.
        message = self.message.encode()[:_TEXT].decode(errors="ignore")
        found = self.model_copy(update={"message": message})
        while len((text := found.model_dump_json()).encode()) > _LIMIT and found.first:
            found = found.model_copy(update={"first": found.first[:-1]})
        return text


def read(text: str | None) -> Sent | None:
    """The message of a container; None where there is none, or it is from another program."""
    try:
        return Sent.model_validate_json(text) if text else None
    except ValueError:
        return None


def progress_line(*, done_bytes: int, total_bytes: int, rate_bytes_s: float) -> str:
    """A line of the log of a sender."""
    percent = min(100, done_bytes * 100 // total_bytes) if total_bytes else 0
    return f"{done_bytes:,} of {total_bytes:,} bytes {percent}% {rate_bytes_s / 1e6:.2f}MB/s"


def progress_of(lines: list[str]) -> Mapping[str, Any]:
    """Fields of the status of a DirectVolumeMigrationProgress that the last lines of a log tell."""
    text = "\n".join(line[:_LINE] for line in lines)
    percents, rates = _PERCENT.findall(text), _RATE.findall(text)
    found: dict[str, Any] = {"logMessage": text} if text else {}
    if percents:
        found["lastObservedProgressPercent"] = f"{percents[-1]}%"
    if sizes := _BYTES.findall(text):
        done, total = (int(number.replace(",", "")) for number in sizes[-1])
        found["progress"] = {"bytesDone": done, "totalBytes": total}
    if rates:
        found["lastObservedTransferRate"] = rates[-1]
    return found
