"""What restic says, as progress, results and errors.

With `--json` restic writes one document a line: status and summary to stdout, errors of single files and the final error to
stderr. Exit codes are those of restic 0.17 and later; the texts are looked at only where a code covers many causes.
"""

import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from mtc.movers import errors, processes
from mtc.movers.volumes.port import OnProgress, Progress, ignore_progress

_OK = 0
INCOMPLETE = 3
_NO_REPOSITORY = 10
LOCKED = 11
_WRONG_PASSWORD = 12

_VANISHED = "no such file or directory"
_NOT_EMPTY = "directory not empty"
#: As many names as a person reads in a status message.
_SHOWN_FILES = 5
#: Names kept of a run that goes wrong everywhere, for instance on a dead disk.
_KEPT_PROBLEMS = 1000

_PATTERNS: tuple[tuple[re.Pattern[str], type[errors.MoverError], str], ...] = (
    (re.compile(r"no matching ID found|snapshot .* not found", re.IGNORECASE), errors.SnapshotNotFound,
     "The snapshot is not in the repository: it was deleted, or made in another repository."),
    (re.compile(r"ReadFull\(<(data|index)/.*(key does not exist|NoSuchKey|BlobNotFound|not found|no such file)", re.IGNORECASE),
     errors.RepositoryDamaged, "Files of the repository are gone from the storage: bring them back, or remove its rest and back up again."),
    (re.compile(r"bucket does not exist|NoSuchBucket|ContainerNotFound", re.IGNORECASE), errors.BucketNotFound,
     "The bucket does not exist: create it, or correct its name in the location."),
    (re.compile(r"no space left on device|disk quota exceeded|NoSpace|QuotaExceeded|InsufficientStorage|StorageFull", re.IGNORECASE),
     errors.NoSpace, "There is no space left: make the volume or the storage larger, or free space in it."),
    (re.compile(r"Access ?Denied|Access Key Id|signature we calculated|InvalidAccessKey|ExpiredToken|AuthenticationFailed|Forbidden|\b403\b",
                re.IGNORECASE), errors.Denied, "The storage refuses the credentials: check them and the rights on the bucket."),
    (re.compile(r"connection refused|connection reset|no such host|i/o timeout|deadline exceeded|x509|no route to host|unreachable|\bEOF\b",
                re.IGNORECASE), errors.Unreachable, "The storage does not answer: check its URL, the network and its certificate."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """Trouble with one file.

    Attributes:
        item: its path as restic shows it.
        message: the reason.
    """

    item: str
    message: str

    @property
    def is_vanished(self) -> bool:
        """Whether the file was deleted before it could be read."""
        return _VANISHED in self.message

    @property
    def is_obstructed(self) -> bool:
        """Whether a folder with content is where something else is to be."""
        return _NOT_EMPTY in self.message


@dataclass
class Report:
    """Collects the output of one run.

    Attributes:
        summary: restic's own figures at the end.
        problems: trouble with single files, the first thousand.
        documents: everything on stdout that is neither status nor summary, unless somebody else takes it.
        on_document: takes such documents one by one; for verbs that write many.
        final: the error that ended the run.
    """

    on_progress: OnProgress = ignore_progress
    on_document: Callable[[Any], None] | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    documents: list[Any] = field(default_factory=list)
    final: str = ""

    def line(self, raw: bytes) -> None:
        """Takes a line of stdout."""
        document = _parse(raw)
        match document.get("message_type") if isinstance(document, dict) else "":
            case "status":
                self.on_progress(_progress(document))
            case "summary":
                self.summary = document
                # That of a restore has its last figures; a small one ends before the first status.
                if "total_bytes" in document:
                    self.on_progress(_progress(document))
            case _ if document is not None:
                (self.on_document or self.documents.append)(document)

    def error_line(self, raw: bytes) -> None:
        """Takes a line of stderr."""
        document = _parse(raw)
        if not isinstance(document, dict):
            return
        message = document.get("message_type")
        if message == "exit_error":
            self.final = str(document.get("message", "")).strip()
        # Trouble while counting comes again while reading, if it is still there.
        elif message == "error" and document.get("during") != "scan" and len(self.problems) < _KEPT_PROBLEMS:
            cause = document.get("error") or {}
            self.problems.append(Problem(str(document.get("item", "")), str(cause.get("message", ""))))


def failure(report: Report, ended: processes.Ended, *, doing: str, where: str) -> errors.MoverError:
    """The error of our tree for a run that did not end well.

    Args:
        report: what restic said.
        ended: how it ended.
        doing: what it was to do, for instance "copy the volume data/web".
        where: the repository.
    """
    start = f"restic could not {doing} (repository {where})"
    if ended.code < _OK:
        hint = "Look for a lack of memory on the node, and try again." if -ended.code == signal.SIGKILL else "Try again."
        return errors.Killed(f"{start}: something ended it with signal {-ended.code}. {hint}")
    text = report.final or ended.tail
    quoted = processes.said(brief(text))
    by_code: dict[int, tuple[type[errors.MoverError], str]] = {
        _NO_REPOSITORY: (errors.RepositoryNotFound, "There is no repository: the backup was made elsewhere, or its data was deleted."),
        LOCKED: (errors.Locked, "Another program has locked it, for instance to prune. Try again later."),
        _WRONG_PASSWORD: (
            errors.WrongPassword,
            "Its password is another one. Put the password that it was made with into the repository Secret of this cluster.",
        ),
    }
    everything = " ".join([text, ended.tail, *(f"{problem.message}" for problem in report.problems[:_SHOWN_FILES])])
    for pattern, kind, explanation in _PATTERNS:
        if pattern.search(everything):
            by_code.setdefault(ended.code, (kind, explanation))
            if kind is errors.BucketNotFound:
                by_code[ended.code] = (kind, explanation)
    if ended.code in by_code:
        kind, explanation = by_code[ended.code]
        return kind(f"{start}. {explanation}{quoted}")
    if report.problems:
        return incomplete(report.problems, start)
    return errors.Failed(f"{start}: exit code {ended.code}.{quoted}")


def incomplete(problems: list[Problem], start: str) -> errors.Incomplete:
    """The error for single files that could not be read or written."""
    files = tuple(problem.item for problem in problems)
    shown = "; ".join(f"{problem.item}: {problem.message}" for problem in problems[:_SHOWN_FILES])
    more = f" and {len(problems) - _SHOWN_FILES} more" if len(problems) > _SHOWN_FILES else ""
    return errors.Incomplete(f"{start}: {len(problems)} files failed: {shown}{more}. Repair or remove them, and try again.", files=files)


def brief(text: str) -> str:
    """One line, not longer than a message may be."""
    return " ".join(text.split())[:500]


def _progress(document: dict[str, Any]) -> Progress:
    done = sum(int(document.get(key) or 0) for key in ("bytes_done", "bytes_restored", "bytes_skipped"))
    total = int(document.get("total_bytes") or 0)
    # A file that is written only in parts over one that is there may be counted both as restored and as skipped.
    return Progress(total_bytes=total, done_bytes=min(done, total) if total else done)


def _parse(raw: bytes) -> Any:
    if not raw.strip():
        return None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
