"""The archive and the keys in the bucket."""

import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from isal import igzip

from mtc.engine import archive, layout
from mtc.engine.errors import ArchiveBroken

SAMPLE = Path(__file__).parents[2] / "data" / "velero-1.18.0" / "backups" / "sample" / "sample.tar.gz"
NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9.:]{0,200}[a-z0-9])?", fullmatch=True)
OBJECTS = st.dictionaries(
    st.tuples(st.sampled_from(["pods", "deployments.apps"]), st.sampled_from(["", "shop"]), NAMES), st.binary(max_size=500)
)


@given(OBJECTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
def test_what_is_written_is_read(tmp_path: Path, objects: dict[tuple[str, str, str], bytes]) -> None:
    """Every object comes out as it went in, names of any length included."""
    path = tmp_path / "a.tar.gz"
    for old in tmp_path.iterdir():
        old.unlink()
    with archive.Writer(path) as writer:
        for (group_resource, namespace, name), body in objects.items():
            writer.add(group_resource, "v1", namespace, name, body)
    with archive.Reader(path, tmp_path) as reader:
        found = {}
        for group_resource, namespace, count in reader.groups():
            items = list(reader.items(group_resource, namespace))
            assert len(items) == count
            found |= {(item.group_resource, item.namespace, item.name): reader.body(item) for item in items}
        assert found == objects
        assert reader.find("pods", "shop", "\0absent") is None


def test_an_archive_of_real_velero_is_read(tmp_path: Path) -> None:
    """Objects of Velero's archive are found once each; its folders for versions are passed over."""
    with archive.Reader(SAMPLE, tmp_path) as reader:
        item = reader.find("widgets.sample.test", "sample", "one")
        assert item is not None
        assert b'"size":3' in reader.body(item)
        assert sum(count for *_, count in reader.groups()) == 32


def test_a_path_that_leads_out_is_refused(tmp_path: Path) -> None:
    """An archive made by somebody with other intentions is refused whole."""
    path = tmp_path / "bad.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("resources/pods/namespaces/../../../x.json"))
    packed = tmp_path / "bad.tar.gz"
    packed.write_bytes(igzip.compress(path.read_bytes()))
    with pytest.raises(ArchiveBroken, match="leads out"):
        archive.Reader(packed, tmp_path)


@pytest.mark.parametrize("data", [b"", b"nonsense", SAMPLE.read_bytes()[:3000]])
def test_a_broken_file_is_told(tmp_path: Path, data: bytes) -> None:
    """An empty, foreign or cut-off file is an error with a next step, not a restore of less."""
    path = tmp_path / "broken.tar.gz"
    path.write_bytes(data)
    with pytest.raises(ArchiveBroken, match="Take a new backup"):
        archive.Reader(path, tmp_path)


def test_keys() -> None:
    """Keys are Velero's, its one irregular name included."""
    assert layout.BackupFiles("b").contents == "backups/b/b.tar.gz"
    assert layout.RestoreFiles("r").part("logs.gz") == "restores/r/restore-r-logs.gz"
    assert layout.RestoreFiles("r").part("volumeinfo.json.gz") == "restores/r/r-volumeinfo.json.gz"
    assert layout.download_key("RestoreResults", "r") == "restores/r/restore-r-results.gz"
    assert layout.download_key("Nonsense", "r") is None
    assert layout.parse_item_path("resources/pods/v1-preferredversion/namespaces/a/b.json") is None
    assert layout.parse_item_path("resources/pods/namespaces/a/b.c.json") == ("pods", "a", "b.c")
