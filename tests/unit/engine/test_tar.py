"""Our tar headers against those of the standard library, in both directions, and archives that are none."""

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.engine import tar

PATHS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="/\x7f"), min_size=1, max_size=300)
FILES = st.dictionaries(PATHS, st.binary(max_size=2000), max_size=8)
_LARGEST = 2**20


def written(files: dict[str, bytes]) -> bytes:
    """An archive by our headers."""
    headers = tar.Headers(mode=0o755, mtime=1_700_000_000)
    data = b"".join(headers.header(path, len(body)) + body + tar.padding(len(body)) for path, body in files.items())
    return data + tar.end(len(data))


def read(data: bytes) -> dict[str, bytes]:
    """All files of an archive."""
    return dict(tar.contents(io.BytesIO(data), lambda path: path, largest=_LARGEST))


@given(FILES)
def test_the_standard_library_reads_what_we_write(files: dict[str, bytes]) -> None:
    """Names of any length and letters, contents, modes and times; the archive ends where a tar ends."""
    data = written(files)
    assert len(data) % tarfile.RECORDSIZE == 0
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = {entry.name: archive.extractfile(entry) for entry in archive}
        assert {entry.mode for entry in archive} <= {0o755}
        assert {entry.mtime for entry in archive} <= {1_700_000_000}
        assert {name: file.read() for name, file in found.items() if file} == files


@given(FILES, st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
def test_we_read_what_the_standard_library_writes(files: dict[str, bytes], form: int) -> None:
    """GNU and PAX forms of long names; folders are passed over."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for path, body in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    assert read(buffer.getvalue()) == files


def test_a_name_split_in_two_is_joined() -> None:
    """The ustar form keeps up to 255 bytes of a path in two fields."""
    path = "resources/" + "a" * 100 + "/" + "b" * 80
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo(path))
    assert read(buffer.getvalue()) == {path: b""}


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda data: data[:700], "ends in the middle"),
        (lambda data: data[:512], "ends in the middle"),
        (lambda data: b"?" + data[1:], "wrong checksum"),
        (lambda data: data[:148] + b"zzzzzzzz" + data[156:], "broken"),
        (lambda data: b"no archive at all" * 64 + data, "broken"),
    ],
)
def test_what_is_no_archive_is_refused(spoil: object, why: str) -> None:
    """Cut, changed or something else: never a part of it as if it were all."""
    assert callable(spoil)
    with pytest.raises(tarfile.TarError, match=why):
        read(spoil(written({"a": b"x" * 600})))


@pytest.mark.parametrize("record", [b"0 path=x\n", b"x", b"99999999999999999999 ", b"8 nothing\n"])
def test_a_broken_header_of_attributes_is_refused(record: bytes) -> None:
    """It neither loops nor fails in another way."""
    entry = tarfile.TarInfo("pax")
    entry.type, entry.size = tarfile.XHDTYPE, len(record)
    data = entry.tobuf(tarfile.GNU_FORMAT) + record + tar.padding(len(record)) + written({"a": b""})
    with pytest.raises(tarfile.TarError, match="PAX"):
        read(data)


def test_a_link_is_refused() -> None:
    """Backups have files and folders only; anything else was put there by somebody with other intentions."""
    entry = tarfile.TarInfo("link")
    entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with pytest.raises(tarfile.TarError, match="neither a file nor a folder"):
        read(entry.tobuf(tarfile.GNU_FORMAT) + written({}))
