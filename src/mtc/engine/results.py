"""Warnings and errors of one run, and its log file, in the forms that Velero's tools read."""

import threading
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from isal import igzip

from mtc.kube import codec
from mtc.telemetry import logs

Level = Literal["debug", "info", "warning", "error"]
VELERO, CLUSTER = "velero", "cluster"


class Results:
    """Messages by place: "velero" (the run), "cluster" (objects of the cluster), or a namespace."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, list[str]]] = {"warnings": defaultdict(list), "errors": defaultdict(list)}

    def warn(self, place: str, message: str) -> None:
        """Adds a warning."""
        self._found["warnings"][place].append(message)

    def fail(self, place: str, message: str) -> None:
        """Adds an error."""
        self._found["errors"][place].append(message)

    @property
    def warnings(self) -> int:
        """Number of warnings."""
        return sum(map(len, self._found["warnings"].values()))

    @property
    def errors(self) -> int:
        """Number of errors."""
        return sum(map(len, self._found["errors"].values()))

    def first(self, kind: Literal["warnings", "errors"], most: int) -> list[str]:
        """The first messages of a kind, each once.

        Args:
            kind: which.
            most: how many at most.
        """
        return list(dict.fromkeys(message for messages in self._found[kind].values() for message in messages))[:most]

    def document(self) -> dict[str, Any]:
        """The content of a results file."""
        return {kind: _document(places) for kind, places in (("warnings", self._found["warnings"]), ("errors", self._found["errors"]))}


def _document(places: dict[str, list[str]]) -> dict[str, Any]:
    document: dict[str, Any] = {place: places[place] for place in (VELERO, CLUSTER) if places.get(place)}
    namespaces = {place: messages for place, messages in sorted(places.items()) if place not in {VELERO, CLUSTER}}
    return document | ({"namespaces": namespaces} if namespaces else {})


class RunLog:
    """The log of one backup or restore: to the process's log and, as text that Velero's tools show, to a gzip file."""

    def __init__(self, path: Path, **fields: str) -> None:
        self._file = igzip.open(path, "wb")
        self._log = logs.get(**fields)
        self._fields = "".join(f" {key}={_quoted(value)}" for key, value in fields.items())
        self._lock = threading.Lock()

    def write(self, level: Level, message: str, **fields: object) -> None:
        """One line."""
        getattr(self._log, level)(message, **fields)
        time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        more = "".join(f" {key}={_quoted(str(value))}" for key, value in fields.items())
        line = f'time="{time}" level={level} msg={_quoted(message, always=True)}{self._fields}{more}\n'
        with self._lock:
            self._file.write(line.encode())

    def info(self, message: str, **fields: object) -> None:
        """A line at level info."""
        self.write("info", message, **fields)

    def close(self) -> None:
        """Completes the file."""
        self._file.close()


def _quoted(text: str, *, always: bool = False) -> str:
    if always or not text or not text.replace("-", "").replace("/", "").replace(".", "").replace("_", "").isalnum():
        return codec.dumps(text).decode()
    return text


def packed(document: object) -> bytes:
    """A document as a gzip file of JSON with a newline, as all the small files in the bucket are."""
    return bytes(igzip.compress(codec.dumps(document) + b"\n"))


def unpacked(data: bytes) -> Any:
    """The document of such a file."""
    return codec.loads(igzip.decompress(data))
