"""Objects of 2019, as the first version of MTC left them: they are read, understood and written back.

The files in tests/data/manifests-2019 are the examples of MTC's troubleshooting guide.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from mtc.api import conditions, durations, names
from mtc.api.migration.migmigration import MigMigration
from mtc.api.velero.backup import Backup
from mtc.api.velero.restore import Restore

FOLDER = Path(__file__).parents[2] / "data" / "manifests-2019"


def manifest(kind: str) -> dict[str, Any]:
    """Return one of the manifests, with times as YAML parsers deliver them."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{kind}.yaml").read_text(encoding="utf-8"))
    return found


def without_nulls(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON without its null fields, and with times as text."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


def test_the_migration_is_understood() -> None:
    """The plan, the result and the time of the one condition can be read."""
    migration = MigMigration.from_dict(manifest("migmigration"))
    assert migration.spec.mig_plan_ref is not None
    assert migration.spec.mig_plan_ref.is_set
    assert migration.spec.mig_plan_ref.name == "socks-shop-mig-plan"
    assert migration.spec.quiesce_pods
    assert not migration.spec.stage
    (condition,) = migration.status.conditions
    assert (condition.type, condition.category, condition.durable) == (conditions.SUCCEEDED, conditions.ADVISORY, True)
    assert condition.last_transition_time == datetime(2019, 8, 29, 1, 3, 40, tzinfo=UTC)
    assert conditions.has(migration.status.conditions, conditions.SUCCEEDED)
    assert migration.annotations == {names.TOUCH_LEGACY: "3b48b543-b53e-4e44-9d34-33563f0f8147"}


def test_the_backup_of_volume_data_is_understood() -> None:
    """Annotations and labels of that time have names in our tables, and nulls count as absent."""
    backup = Backup.from_dict(manifest("backup"))
    assert backup.annotations[names.MIGRATE_COPY_PHASE_LEGACY] == names.TYPE_FINAL
    assert backup.annotations[names.REGISTRY] == "172.30.105.179:5000"
    assert backup.labels[names.PART_OF] == names.PART_OF_LEGACY_VALUE
    assert backup.labels[names.STAGE_BACKUP] == backup.labels["migmigration"]
    assert backup.spec.include_cluster_resources is None
    assert backup.spec.hooks.resources == []
    assert backup.spec.ttl is not None
    assert durations.parse(backup.spec.ttl).days == 30
    assert backup.spec.label_selector is not None
    assert backup.spec.label_selector.match_labels == {names.INCLUDED_IN_STAGE_BACKUP: "8886de4c-c9f8-11e9-95ad-0205fe66cbb6"}
    assert backup.status.validation_errors == []


def test_the_restore_of_objects_is_understood() -> None:
    """Null lists and the null map of namespaces are empty ones."""
    restore = Restore.from_dict(manifest("restore"))
    assert restore.spec.restore_pvs is True
    assert restore.spec.namespace_mapping == {}
    assert restore.spec.included_namespaces == []
    assert restore.status.warnings == 15


@pytest.mark.parametrize(("kind", "model"), [("migmigration", MigMigration), ("backup", Backup), ("restore", Restore)])
def test_everything_but_the_nulls_is_written_back(kind: str, model: type[MigMigration | Backup | Restore]) -> None:
    """Updating an old object loses nothing that says something."""
    assert model.from_dict(manifest(kind)).to_dict() == without_nulls(manifest(kind))
