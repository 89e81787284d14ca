"""A Backup that a real Velero 1.18.0 wrote: see the README beside the data."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

from mtc.api import names
from mtc.api.velero.backup import Backup, Phase

FOLDER = Path(__file__).parents[2] / "data" / "velero-1.18.0" / "backups" / "sample"


def test_veleros_own_backup_is_read_and_written_back_exactly() -> None:
    """Not one field is added, dropped or changed, managedFields included."""
    written = json.loads((FOLDER / "velero-backup.json").read_text(encoding="utf-8"))
    assert Backup.from_dict(written).to_dict() == written


def test_veleros_own_backup_is_understood() -> None:
    """What the engine needs from it is in typed fields."""
    backup = Backup.from_dict(json.loads((FOLDER / "velero-backup.json").read_text(encoding="utf-8")))
    assert backup.status.phase == Phase.COMPLETED
    assert backup.status.expiration == datetime(2026, 12, 23, 15, 54, 40, tzinfo=UTC)
    assert backup.status.progress is not None
    assert backup.status.progress.items_backed_up == 32
    assert backup.labels[names.STORAGE_LOCATION] == backup.spec.storage_location == "default"
    assert backup.annotations[names.SOURCE_CLUSTER_GIT_VERSION] == "v1.36.3"


def test_the_other_files_of_the_sample_are_whole() -> None:
    """The sample is complete: every file that a restore reads can be unpacked."""
    found = {path.name for path in FOLDER.iterdir()}
    assert found == {
        "sample.tar.gz",
        "velero-backup.json",
        "sample-itemoperations.json.gz",
        "sample-podvolumebackups.json.gz",
        "sample-resource-list.json.gz",
        "sample-results.gz",
        "sample-volumeinfo.json.gz",
        "sample-volumesnapshots.json.gz",
    }
    for name in found - {"velero-backup.json"}:
        assert gzip.decompress((FOLDER / name).read_bytes())
