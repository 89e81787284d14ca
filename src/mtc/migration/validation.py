"""May a migration run now? The conditions that say why not. Pure: everything that it looks at has been read before."""

from collections.abc import Iterable, Sequence

from mtc.api import base, common, conditions, names
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import Action, CopyMethod, MigPlan
from mtc.migration import checks
from mtc.migration.scope import CANCEL_ITINERARY, COMPLETED, FAILED_ITINERARY

#: So long MTC puts off a migration for each one before it; here it is only said, the end of the other one wakes it.
_POSTPONED_S = 10


def plan_reference(migration: MigMigration) -> Condition | None:
    """What is wrong with `spec.migPlanRef` by itself."""
    if common.is_set(migration.spec.mig_plan_ref):
        return None
    text = f"spec.migPlanRef of MigMigration {migration.ref} is not set. Name a MigPlan and its namespace there."
    return checks.critical(conditions.INVALID_PLAN_REF, conditions.NOT_SET, text)


def plan_missing(migration: MigMigration, ref: base.Ref) -> Condition:
    """The plan does not exist."""
    text = (
        f"MigPlan {ref}, which spec.migPlanRef of MigMigration {migration.ref} names, does not exist. Create it, or correct the reference."
    )
    return checks.critical(conditions.INVALID_PLAN_REF, conditions.NOT_FOUND, text)


def check(migration: MigMigration, plan: MigPlan, siblings: Sequence[MigMigration], *, one_cluster: bool = False) -> list[Condition]:
    """The conditions that keep a migration from running now; empty when it may.

    Args:
        migration: the one.
        plan: its plan.
        siblings: the other migrations of the plan.
        one_cluster: whether source and target are the same cluster.
    """
    if migration.status.itinerary in {FAILED_ITINERARY, CANCEL_ITINERARY} or migration.spec.canceled:
        return []  # cleaning up needs nothing of the plan, and must not wait for its repair
    if migration.is_dry_run:
        # What stands in the way of it in earnest is what it is to tell; a plan that was never looked at has nothing to tell of.
        return [] if plan.status.conditions and not plan.spec.closed else [*_plan_state(plan, migration)]
    # A plan may change while its migration runs: that is looked at before the first phase only.
    lacking = unsupported(migration) if migration.status.phase else unsupported_here(migration, plan, one_cluster=one_cluster)
    found = list(_plan_state(plan, migration))
    # A plan that is not Ready is still being corrected, and Failed is for good.
    found += [entry for entry in lacking if not found or entry.type != conditions.FAILED]
    if has_final(migration, siblings):
        text = f"Another final migration of MigPlan {plan.ref} is running or has been done. Roll it back, or make another plan."
        found.append(checks.critical(conditions.HAS_FINAL_MIGRATION, "", text))
    if not found and (before := ahead(migration, siblings, plan, one_cluster=one_cluster)):
        text = (
            f"Postponed by {len(before) * _POSTPONED_S} seconds or until they end: migrations of one plan run one after the other, "
            f"and [] come first."
        )
        found.append(checks.critical(conditions.POSTPONED, "", text, items=[entry.name for entry in before]))
    return found


def _plan_state(plan: MigPlan, migration: MigMigration) -> Iterable[Condition]:
    if plan.spec.closed and not is_at_work(migration):
        text = f"MigPlan {plan.ref} is closed. Make another plan for this migration."
        yield checks.critical(conditions.PLAN_CLOSED, "", text)
    elif plan.spec.closed and conditions.has(plan.status.conditions, conditions.CLOSED):
        # It began in the very moment in which the plan was closed; as a rule the plan waits for its end.
        text = (
            f"MigPlan {plan.ref} is closed, and what was made for it is cleared away, so this migration cannot go on. Set spec.canceled to "
            "take back what it has done."
        )
        yield checks.critical(conditions.PLAN_CLOSED, "", text)
    elif not conditions.is_ready(plan.status.conditions) and not migration.spec.rollback:
        # A rollback needs neither storage nor volumes, and what made the plan unready may be why it is wanted.
        found = [entry for entry in plan.status.conditions if entry.is_true]
        blockers = [entry for entry in found if entry.category in conditions.BLOCKERS]
        blockers = blockers or [entry for entry in found if entry.type == conditions.PV_USAGE_ANALYSIS_RUNNING]
        why = " ".join(f"{entry.type}: {entry.message}" for entry in blockers) or "It has not been looked at yet."
        then = f"The migration {'goes on' if has_begun(migration) else 'begins'} by itself once the plan is Ready."
        yield checks.critical(conditions.PLAN_NOT_READY, "", f"MigPlan {plan.ref} is not ready. {why} {then}")


def unsupported(migration: MigMigration) -> list[Condition]:
    """What the migration asks for and cannot have."""
    spec, where = migration.spec, f"MigMigration {migration.ref}"
    chosen = [name for name, wanted in (("stage", spec.stage), ("migrateState", spec.migrate_state), ("rollback", spec.rollback)) if wanted]
    if len(chosen) > 1:
        text = f"{where} sets {' and '.join(f'spec.{name}' for name in chosen)}, of which only one may be set. Make one migration for each."
        return [_invalid(text)]
    if not has_begun(migration) and (asked := migration.dry_run_asked) not in {"", "true", "false"}:
        # Whoever wants a dry run must not get a migration because of a letter.
        text = f"Annotation {names.DRY_RUN} of {where} is {asked!r}. Write true for a dry run, or take the annotation away to migrate."
        return [_invalid(text)]
    return []


def unsupported_here(migration: MigMigration, plan: MigPlan, *, one_cluster: bool) -> list[Condition]:
    """What this version cannot do of what migration and plan ask for."""
    if migration.spec.rollback:
        return unsupported(migration)
    of_plan = _unsupported_state if migration.spec.migrate_state else _unsupported_plan
    return [*unsupported(migration), *of_plan(plan, one_cluster=one_cluster)]


def _unsupported_plan(plan: MigPlan, *, one_cluster: bool) -> Iterable[Condition]:
    where = f"MigPlan {plan.ref}"
    if one_cluster and (same := [entry.source for entry in plan.namespace_mappings if not entry.is_mapped]):
        text = (
            f"{where} stays inside one cluster, where namespaces [] would be migrated onto themselves. Give them other names in the plan, or "
            "convert their storage with spec.migrateState; either takes another MigMigration."
        )
        refused = checks.critical(conditions.FAILED, conditions.NOT_SUPPORTED, text, items=same)
        yield refused.model_copy(update={"durable": True})
        return  # no other change of the plan would help
    renamed = [f"{pv.pvc.namespace}/{pv.pvc.name}" for pv in plan.spec.persistent_volumes if pv.pvc.mapping.is_mapped]
    if renamed:
        text = f"{where} gives PersistentVolumeClaims [] another name, which stage and final migrations cannot do. Remove these mappings."
        yield _invalid(text, items=renamed)
    yield from _other_methods(plan)


def _unsupported_state(plan: MigPlan, *, one_cluster: bool) -> Iterable[Condition]:
    """What a migration of state cannot do with its plan."""
    where = f"MigPlan {plan.ref}"
    yield from _other_methods(plan)
    if one_cluster and (moved := [pv.name for pv in plan.spec.persistent_volumes if pv.selection.action == Action.MOVE]):
        text = f"{where} wants volumes [] moved, but its source and target are one cluster. Choose copy for them, or skip."
        yield _invalid(text, items=moved)
    if not common.is_set(plan.spec.mig_storage_ref):
        text = (
            f"{where} names no replication repository, through which this version copies the state. Set name and namespace of a MigStorage "
            "in spec.migStorageRef of the plan."
        )
        yield _invalid(text)
    if clashing := _clashing_claims(plan, one_cluster=one_cluster):
        text = f"Claims [] of {where} would get the name of another claim. Give each a name of its own in pvc.name, as `source:target`."
        yield checks.critical(conditions.CONFLICTING_PVC_MAPPINGS, conditions.PV_NAME_CONFLICT, text, items=clashing)


def _clashing_claims(plan: MigPlan, *, one_cluster: bool) -> list[str]:
    """The claims whose new name is that of another one, or, within a cluster, of any claim that the plan knows of."""
    places = {entry.source: entry.target for entry in plan.namespace_mappings}
    # A claim that is left behind keeps its name, and what is in it.
    taken = {(pv.pvc.namespace, pv.pvc.mapping.source) for pv in plan.spec.persistent_volumes} if one_cluster else set()
    volumes = [pv for pv in plan.spec.persistent_volumes if pv.selection.action != Action.SKIP]
    before = [(pv.pvc.namespace, pv.pvc.mapping.source) for pv in volumes]
    after = [(places.get(pv.pvc.namespace, pv.pvc.namespace), pv.pvc.mapping.target) for pv in volumes]
    return [f"{old[0]}/{old[1]}" for old, new in zip(before, after, strict=True) if new in taken or after.count(new) > 1]


def _other_methods(plan: MigPlan) -> Iterable[Condition]:
    where = f"MigPlan {plan.ref}"
    moving = [pv for pv in plan.spec.persistent_volumes if pv.selection.action == Action.COPY]
    others = [pv.name for pv in moving if pv.selection.copy_method != CopyMethod.FILESYSTEM]
    if others:
        text = f"{where} wants volumes [] copied by another method than filesystem, which this version cannot do yet. Choose filesystem, or skip."
        yield _invalid(text, items=others)


def _invalid(text: str, *, items: Iterable[str] = ()) -> Condition:
    return checks.critical(conditions.INVALID_SPEC, conditions.NOT_SUPPORTED, text, items=items)


def has_final(migration: MigMigration, siblings: Sequence[MigMigration]) -> bool:
    """Whether another final migration of the plan forbids this one."""
    if migration.spec.rollback:
        return False
    for other in sorted(siblings, key=lambda entry: entry.age, reverse=True):
        # What was canceled after it had succeeded was not undone: that would be a rollback.
        if other.spec.stage or other.spec.migrate_state or (other.spec.canceled and not other.has_succeeded):
            continue
        if other.spec.rollback:
            if other.has_succeeded:
                return False
            continue
        blocking = other.has_succeeded
        if migration.spec.stage:
            blocking = blocking or (has_begun(other) and conditions.has_any(other.status.conditions, conditions.RUNNING, conditions.FAILED))
        if blocking:
            return True
    return False


def ahead(migration: MigMigration, siblings: Sequence[MigMigration], plan: MigPlan, *, one_cluster: bool = False) -> list[MigMigration]:
    """The migrations of the plan that run before this one: what has begun, then stage migrations, then others, each by age.

    One that cannot begin as the plan is now keeps nobody waiting, above all not the rollback that gives the application back.
    """
    pending = [
        other
        for other in siblings
        if (other.status.phase != COMPLETED or wants_another_try(other))
        and _may_begin(other, [migration, *siblings], plan, one_cluster=one_cluster)
    ]
    queue = sorted([*pending, migration], key=lambda entry: (not has_begun(entry), not entry.spec.stage, entry.age))
    return queue[: queue.index(migration)]


def siblings(migration: MigMigration, everyone: Iterable[MigMigration]) -> list[MigMigration]:
    """The other migrations of the same plan; dry runs are none, because they change nothing."""
    plan = migration.spec.mig_plan_ref
    others = [entry for entry in everyone if entry.uid != migration.uid and not entry.is_dry_run]
    return [other for other in others if plan and other.spec.mig_plan_ref and other.spec.mig_plan_ref.ref == plan.ref]


def has_begun(migration: MigMigration) -> bool:
    """Whether it has an itinerary already; then it is never overtaken."""
    return bool(migration.status.itinerary)


def is_at_work(migration: MigMigration) -> bool:
    """Whether it has begun and not come to its end."""
    return has_begun(migration) and migration.status.phase != COMPLETED


def has_failed(migration: MigMigration) -> bool:
    """Whether it has ended because it failed."""
    return migration.status.phase == COMPLETED and conditions.has(migration.status.conditions, conditions.FAILED)


def wants_another_try(migration: MigMigration) -> bool:
    """Whether it has failed, and somebody asks for another try."""
    return has_failed(migration) and bool(migration.retry_asked)


def wants_to_begin(migration: MigMigration) -> bool:
    """Whether it waits to begin, for the first time or again."""
    return (not has_begun(migration) and not never_began(migration)) or wants_another_try(migration)


def never_began(migration: MigMigration) -> bool:
    """Whether it has ended without having begun: it could not be done at all, and has touched nothing."""
    return migration.status.phase == COMPLETED and not has_begun(migration)


def _may_begin(migration: MigMigration, all_of_plan: Sequence[MigMigration], plan: MigPlan, *, one_cluster: bool) -> bool:
    """Whether a migration that waits is waiting for its turn only, and not for a person."""
    if has_begun(migration) or migration.spec.canceled:
        return True
    others = [entry for entry in all_of_plan if entry.uid != migration.uid]
    lacking = [*_plan_state(plan, migration), *unsupported_here(migration, plan, one_cluster=one_cluster)]
    return not lacking and not has_final(migration, others)
