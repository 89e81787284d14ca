"""What restic's output means."""

import json

import pytest

from mtc.movers import errors
from mtc.movers.processes import Ended
from mtc.movers.restic import reports
from mtc.movers.volumes.port import Progress


def _report(*errors_told: dict[str, object], final: str = "") -> reports.Report:
    report = reports.Report()
    for told in errors_told:
        report.error_line(json.dumps({"message_type": "error", **told}).encode())
    if final:
        report.error_line(json.dumps({"message_type": "exit_error", "message": final}).encode())
    return report


def _problem(item: str, message: str, during: str = "archival") -> dict[str, object]:
    return {"item": item, "during": during, "error": {"message": message}}


def test_progress_of_both_directions() -> None:
    """What a restore found in place counts as done, and nothing counts twice."""
    seen: list[Progress] = []
    report = reports.Report(on_progress=seen.append)
    report.line(b'{"message_type":"status","percent_done":0.5,"total_bytes":10,"bytes_done":4}')
    report.line(b'{"message_type":"status","total_bytes":10,"bytes_restored":3,"bytes_skipped":5}')
    report.line(b'{"message_type":"status","total_bytes":10,"bytes_restored":9,"bytes_skipped":5}')
    report.line(b'{"message_type":"status"}')
    assert seen == [Progress(10, 4), Progress(10, 8), Progress(10, 10), Progress(0, 0)]


def test_lines_that_are_no_json() -> None:
    """Notes between the documents are no documents."""
    report = reports.Report()
    for line in (b"", b"created new cache in /x", b"[1,2]", b'{"id":"x"}'):
        report.line(line)
        report.error_line(line)
    assert report.documents == [[1, 2], {"id": "x"}]
    assert not report.problems


def test_counting_is_not_reading() -> None:
    """Trouble while counting is no trouble of the copy."""
    report = _report(_problem("/a", "lstat /a: no such file or directory", during="scan"), _problem("/b", "read /b: input/output error"))
    assert [(problem.item, problem.is_vanished) for problem in report.problems] == [("/b", False)]


@pytest.mark.parametrize(
    ("code", "final", "expected"),
    [
        (
            10,
            "Fatal: repository does not exist: unable to open config file: Stat: The specified key does not exist.",
            errors.RepositoryNotFound,
        ),
        (
            10,
            "Fatal: repository does not exist: unable to open config file: Stat: The specified bucket does not exist",
            errors.BucketNotFound,
        ),
        (11, "Fatal: unable to create lock in backend: repository is already locked by PID 12 on host", errors.Locked),
        (12, "Fatal: wrong password or no key found", errors.WrongPassword),
        (1, 'Fatal: failed to find snapshot: no matching ID found for prefix "0123"', errors.SnapshotNotFound),
        (1, "Fatal: unable to open repository at s3:x: Stat: Access Denied.", errors.Denied),
        (1, "Fatal: Stat: The Access Key Id you provided does not exist in our records.", errors.Denied),
        (1, "Fatal: unable to save snapshot: write: no space left on device", errors.NoSpace),
        (1, "Fatal: Get https://x: dial tcp 127.0.0.1:9: connect: connection refused", errors.Unreachable),
        (1, "Fatal: Get https://x: x509: certificate signed by unknown authority", errors.Unreachable),
        (-9, "", errors.Killed),
        (2, "", errors.Failed),
    ],
)
def test_errors(code: int, final: str, expected: type[errors.MoverError]) -> None:
    """Each cause has an error of its own, whose message says what, where and what restic said."""
    error = reports.failure(_report(final=final), Ended(code, "last words"), doing="copy /volume", where="s3:bucket/restic/shop")
    assert type(error) is expected
    assert "copy /volume" in str(error)
    assert "s3:bucket/restic/shop" in str(error)
    assert (final or "signal 9" if code == -9 else final or "last words") in str(error)


def test_files_are_named() -> None:
    """The first files are in the message, all of them in the error."""
    report = _report(*(_problem(f"/file-{number}", "read: input/output error") for number in range(8)))
    error = reports.failure(report, Ended(1, ""), doing="restore", where="here")
    assert isinstance(error, errors.Incomplete)
    assert error.files == tuple(f"/file-{number}" for number in range(8))
    assert "/file-4" in str(error)
    assert "/file-5" not in str(error)
    assert "3 more" in str(error)


def test_missing_files_of_the_repository_are_told_as_that() -> None:
    """They show as trouble with files of the volume, which nobody can repair there."""
    lost = _problem("/", "ReadFull(<data/4ae89b1ffe>): The specified key does not exist.", during="restore")
    report = _report(lost, lost, final="Fatal: There were 2 errors\n")
    error = reports.failure(report, Ended(1, ""), doing="restore", where="s3:bucket/restic/shop")
    assert isinstance(error, errors.RepositoryDamaged)
    assert "s3:bucket/restic/shop" in str(error)
    assert "back up again" in str(error)


def test_full_volume_is_told_by_single_files() -> None:
    """A full target shows as trouble with files; it is told as what it is."""
    report = _report(_problem("/a", "write /a: no space left on device", during="restore"), final="Fatal: There were 1 errors\n")
    assert isinstance(reports.failure(report, Ended(1, ""), doing="restore", where="here"), errors.NoSpace)
