"""What the migrations of a plan make of it: suspended or not, and which types of migration are still possible. Pure."""

from collections.abc import Iterable, Sequence
from enum import Enum

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan

_TYPE = conditions.MIGRATION_TYPE_IDENTIFIED

#: Conditions that a suspended plan keeps, because it does not look for what they tell.
KEPT_WHILE_SUSPENDED = frozenset(
    {
        conditions.POD_LIMIT_EXCEEDED,
        conditions.NAMESPACE_NOT_FOUND_ON_SOURCE,
        conditions.SOURCE_PODS_NOT_HEALTHY,
        conditions.GVKS_INCOMPATIBLE,
        conditions.PVS_DISCOVERED,
        conditions.PV_NO_SUPPORTED_ACTION,
        conditions.PV_NO_STORAGE_CLASS_SELECTION,
        conditions.PV_ACCESS_MODE_UNAVAILABLE,
        conditions.PV_COPY_METHOD_SNAPSHOT,
        conditions.PV_NO_CEPH_AVAILABLE,
        conditions.PV_LIMIT_EXCEEDED,
        conditions.NFS_NOT_ACCESSIBLE,
        conditions.STORAGE_ENSURED,
    }
)


#: Conditions whose cause no watch tells of, with the seconds after which it is looked for again.
_LOOK_AGAIN_S = {
    conditions.MISSING_PERMISSIONS: 10.0,
    conditions.NFS_NOT_ACCESSIBLE: 30.0,
    conditions.NFS_ACCESS_CANNOT_BE_VALIDATED: 10.0,
}


class Mapping(Enum):
    """How many of the namespaces of a plan get another name."""

    NONE = "none"
    SOME = "some"
    ALL = "all"


def look_again_s(staged: Iterable[Condition]) -> float | None:
    """After how many seconds a plan with these conditions is looked at again although nothing changed; None for not at all."""
    return min((_LOOK_AGAIN_S[item.type] for item in staged if item.type in _LOOK_AGAIN_S), default=None)


def newest_first(migrations: Sequence[MigMigration]) -> list[MigMigration]:
    """Migrations by their age, those made in the same second by their names; dry runs are none, because they change nothing."""
    return sorted((item for item in migrations if not item.is_dry_run), key=lambda item: item.age, reverse=True)


def is_suspended(migrations: Sequence[MigMigration]) -> bool:
    """Whether a plan is left alone: a migration runs, or the last thing that happened to the application was a final one.

    Args:
        migrations: of the plan, the newest first.
    """
    for migration in migrations:
        found = migration.status.conditions
        if conditions.has(found, conditions.RUNNING):
            return True
        if not migration.has_succeeded:
            continue
        if migration.spec.rollback:
            return False
        if not migration.spec.stage:
            return True
    return False


def at_work(migrations: Iterable[MigMigration]) -> list[str]:
    """Names of the migrations that have begun and not come to their end."""
    return sorted(item.name for item in migrations if conditions.has(item.status.conditions, conditions.RUNNING))


def mapping_of(plan: MigPlan) -> Mapping:
    """How many namespaces get another name."""
    mapped = [source != target for source, _, target in (entry.partition(":") for entry in plan.spec.namespaces) if target]
    count = sum(mapped)
    if not count:
        return Mapping.NONE
    return Mapping.ALL if count == len(plan.spec.namespaces) else Mapping.SOME


def identify_type(plan: MigPlan, migrations: Sequence[MigMigration], *, one_cluster: bool) -> Condition | None:
    """The condition that tells which type of migration the plan is limited to; None while several are possible.

    Args:
        plan: the plan.
        migrations: of the plan, the newest first.
        one_cluster: whether source and target are the same cluster.
    """
    spec = plan.spec
    mapping = mapping_of(plan)
    if spec.indirect_image_migration or spec.indirect_volume_migration:
        return _type(
            conditions.NAMESPACE_MIGRATION_PLAN,
            "Images or volumes travel through the replication repository, which is meant for migrations of whole namespaces (stage, final).",
        )
    if was_rolled_back(migrations):
        migrations = ()
    if any(migration.spec.migrate_state for migration in migrations):
        conversion = one_cluster and mapping is Mapping.NONE
        kind = conditions.STORAGE_CONVERSION_PLAN if conversion else conditions.STATE_MIGRATION_PLAN
        what = "storage conversion" if conversion else "state migration"
        return _type(kind, f"The plan has been used for {what} and stays limited to it until a rollback succeeds.", durable=True)
    by_clusters = _type_by_clusters(plan, mapping, one_cluster=one_cluster)
    if by_clusters is None and migrations:
        text = "The plan has been used to migrate namespaces and stays limited to stage and final migrations until a rollback succeeds."
        return _type(conditions.NAMESPACE_MIGRATION_PLAN, text, durable=True)
    return by_clusters


def was_rolled_back(migrations: Sequence[MigMigration]) -> bool:
    """Whether the newest migration is a rollback that succeeded: what was before it counts no longer."""
    return bool(migrations) and migrations[0].spec.rollback and migrations[0].has_succeeded


def is_conversion(found: Sequence[Condition]) -> bool:
    """Whether conditions tell that a plan converts storage."""
    told = conditions.find(found, _TYPE)
    return told is not None and told.reason == conditions.STORAGE_CONVERSION_PLAN


def _type_by_clusters(plan: MigPlan, mapping: Mapping, *, one_cluster: bool) -> Condition | None:
    if one_cluster and mapping is Mapping.NONE:
        text = "Source and target are one cluster and no namespace gets another name, so only a conversion of storage is possible."
        return _type(conditions.STORAGE_CONVERSION_PLAN, text)
    if one_cluster and mapping is Mapping.ALL:
        text = "Source and target are one cluster and all namespaces get another name, so only a migration of state is possible."
        return _type(conditions.STATE_MIGRATION_PLAN, text)
    if not one_cluster and any(":" in volume.pvc.name for volume in plan.spec.persistent_volumes):
        text = "Claims get other names in the target, which only a migration of state can do."
        return _type(conditions.STATE_MIGRATION_PLAN, text)
    return None


def _type(reason: str, message: str, *, durable: bool = False) -> Condition:
    return Condition(type=_TYPE, category=conditions.ADVISORY, reason=reason, message=message, durable=durable)
