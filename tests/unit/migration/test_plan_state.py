"""What migrations make of their plan: suspended or not, and limited to which type."""

from typing import Any

import pytest

from mtc.api import conditions
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan
from mtc.migration import plan_state


def migration(*types: str, **spec: Any) -> MigMigration:
    """A migration with conditions."""
    found = [{"type": name, "status": "True", "category": "Advisory"} for name in types]
    return MigMigration.from_dict({"metadata": {"name": "m", "namespace": "mtc"}, "spec": spec, "status": {"conditions": found}})


def plan(*namespaces: str, **spec: Any) -> MigPlan:
    """A plan."""
    return MigPlan.from_dict({"metadata": {"name": "p"}, "spec": {"namespaces": list(namespaces), **spec}})


DONE, WARNED, RUNNING, FAILED = conditions.SUCCEEDED, conditions.SUCCEEDED_WITH_WARNINGS, conditions.RUNNING, conditions.FAILED


@pytest.mark.parametrize(
    ("migrations", "suspended"),
    [
        ([], False),
        ([migration(RUNNING, stage=True)], True),
        ([migration(DONE, stage=True)], False),
        ([migration(DONE)], True),
        ([migration(WARNED)], True),
        ([migration(FAILED)], False),
        ([migration(DONE, migrateState=True)], True),
        ([migration(DONE, rollback=True), migration(DONE)], False),
        ([migration(FAILED, rollback=True), migration(DONE)], True),
        ([migration(DONE, stage=True), migration(DONE)], True),
        ([migration(), migration(DONE)], True),
    ],
)
def test_a_plan_is_suspended_while_and_after_its_application_moves(migrations: list[MigMigration], *, suspended: bool) -> None:
    """A running migration or a final one that ended well suspends; a rollback that ended well ends that."""
    assert plan_state.is_suspended(migrations) is suspended


@pytest.mark.parametrize(
    ("found", "migrations", "one_cluster", "reason"),
    [
        (plan("a", indirectVolumeMigration=True), [], False, "NamespaceMigrationPlan"),
        (plan("a", indirectImageMigration=True), [migration(migrateState=True)], True, "NamespaceMigrationPlan"),
        (plan("a"), [], False, None),
        (plan("a"), [], True, "StorageConversionPlan"),
        (plan("a:b"), [], True, "StateMigrationPlan"),
        (plan("a:b", "c"), [], True, None),
        (plan("a:a"), [], True, "StorageConversionPlan"),
        (plan("a", persistentVolumes=[{"name": "v", "pvc": {"name": "x:y"}}]), [], False, "StateMigrationPlan"),
        (plan("a"), [migration(migrateState=True)], True, "StorageConversionPlan"),
        (plan("a"), [migration(migrateState=True)], False, "StateMigrationPlan"),
        (plan("a"), [migration(stage=True)], False, "NamespaceMigrationPlan"),
        (plan("a"), [migration(DONE, rollback=True), migration(migrateState=True)], False, None),
    ],
)
def test_the_type_of_migration_that_is_left(
    found: MigPlan, migrations: list[MigMigration], *, one_cluster: bool, reason: str | None
) -> None:
    """Settings first, then history, then clusters and names; a rollback that ended well wipes history out."""
    identified = plan_state.identify_type(found, migrations, one_cluster=one_cluster)
    assert (identified.reason if identified else None) == reason
    if identified and migrations and "indirect" not in str(found.spec.model_dump()):
        assert identified.durable


def test_the_newest_migration_comes_first() -> None:
    """By creation; names decide within one second, so that the order never changes by itself."""
    made = [
        MigMigration.from_dict({"metadata": {"name": name, "creationTimestamp": time}})
        for name, time in (("a", "2026-01-01T00:00:00Z"), ("c", "2026-01-01T00:00:00Z"), ("b", "2026-01-02T00:00:00Z"))
    ]
    assert [item.name for item in plan_state.newest_first(made)] == ["b", "c", "a"]
