"""Another try of a migration that has failed: whether there can be one, and the status with which it begins. Pure.

An annotation asks for it, any new value each time. The migration is led through its itinerary once more: what still stands is
found again (`reuse`), phases that would only make it anew are passed, so that work begins where it failed. One write ends the
old try and begins the new one, so there is nothing between for a kill to break.
"""

from collections.abc import Sequence

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import Attempt, MigMigration, MigMigrationStatus, Retry
from mtc.api.migration.migplan import MigPlan
from mtc.migration import digests, flags, itineraries, status, validation
from mtc.migration.phases import ensure_initial_backup
from mtc.migration.reuse import Reuse
from mtc.migration.scope import Scope

_MOST_ERRORS = 50
_LEFT_BEHIND = frozenset({conditions.CLAIMS_LEFT_BEHIND, conditions.WORKLOADS_LEFT_BEHIND})


def is_asked(migration: MigMigration) -> bool:
    """Whether somebody asks for another try of a migration that has ended, and has had no answer."""
    return status.is_over(migration.status) and bool(migration.retry_asked)


def refusal(
    migration: MigMigration, plan: MigPlan | None, siblings: Sequence[MigMigration], *, at_work: Sequence[MigMigration] = ()
) -> Condition | None:
    """Why there can be no other try, and what to do instead; None when there can be.

    Args:
        migration: one that has ended.
        plan: its plan, None where it is gone.
        siblings: the other migrations of the plan.
        at_work: migrations that have begun and may not say so yet.
    """
    where = f"MigMigration {migration.ref} is not tried again"
    if not validation.has_failed(migration) or migration.spec.canceled:
        text = f"{where}: only one that has failed can be, and it was canceled or did not fail. Create another MigMigration."
        return _refused(conditions.NOT_FAILED, text)
    if not validation.has_begun(migration):
        text = f"{where}: it failed before it began, so there is nothing to go on with. Create another MigMigration."
        return _refused(conditions.NOT_FAILED, text)
    if plan is None:
        text = f"{where}: its MigPlan does not exist any more. Create the plan, and another MigMigration of it."
        return _refused(conditions.NOT_FOUND, text)
    if plan.spec.closed:
        text = f"{where}: MigPlan {plan.ref} is closed, which is for good. Start by hand what still stands still, and make another plan."
        return _refused(conditions.CLOSED, text)
    began = migration.metadata.get("annotations", {}).get(names.PLAN_DIGEST)
    if began and began != digests.of_plan(plan):
        text = (
            f"{where}: clusters, storage or namespaces of MigPlan {plan.ref} are others than when it began, so what it has made does not "
            "belong to the plan any more. Put them back and ask again, or create another MigMigration."
        )
        return _refused(conditions.PLAN_CHANGED, text)
    begun = [other for other in siblings if validation.has_begun(other)]
    return _superseded(migration, [*begun, *validation.siblings(migration, at_work)], where)


def _superseded(migration: MigMigration, begun: Sequence[MigMigration], where: str) -> Condition | None:
    failed = conditions.find(migration.status.conditions, conditions.FAILED)
    since = failed.last_transition_time if failed else None
    for other in sorted(begun, key=lambda entry: entry.age, reverse=True):
        if other.is_dry_run or conditions.has(other.status.conditions, conditions.CANCELED):
            continue  # it has left nothing behind
        began = other.status.retry.started if other.status.retry else other.status.start_timestamp
        if status.is_over(other.status) and (began is None or since is None or began < since):
            continue
        if other.spec.rollback:
            text = (
                f"{where}: MigMigration {other.ref} has rolled the plan back since, and with it what was made. Create another MigMigration."
            )
            return _refused(conditions.ROLLED_BACK, text)
        text = (
            f"{where}: MigMigration {other.ref} of the same plan has begun since it failed. Go on with that one: wait for it, or retry it."
        )
        return _refused(conditions.SUPERSEDED, text)
    return None


def _refused(reason: str, text: str) -> Condition:
    return Condition(type=conditions.RETRY_REFUSED, category=conditions.WARN, reason=reason, message=text, durable=True)


def again(old: MigMigrationStatus, scope: Scope, request: str, found: Reuse) -> MigMigrationStatus:
    """The status with which another try begins.

    Args:
        old: the status at the end of the try that failed.
        scope: the pass.
        request: value of the annotation that asks for it.
        found: what still stands.
    """
    number = scope.migration.attempt
    failed = conditions.find(old.conditions, conditions.FAILED)
    phase = failed.reason if failed else ""
    warned = [f"{entry.type}: {entry.message}" for entry in old.conditions if entry.is_true and entry.category == conditions.WARN]
    tried = Attempt(
        number=number,
        phase=phase,
        step=next((step.name for step in old.pipeline if step.failed), None),
        errors=old.errors[:_MOST_ERRORS],
        warnings=warned[:_MOST_ERRORS],
        started=old.retry.started if old.retry else old.start_timestamp,
        failed=failed.last_transition_time if failed else None,
    )
    # Whoever finds out what stays behind is not asked again.
    is_passed = ensure_initial_backup.PHASE.name in found.passed
    fresh = MigMigrationStatus(
        start_timestamp=old.start_timestamp,
        conditions=[entry for entry in old.conditions if is_passed and entry.is_true and entry.type in _LEFT_BEHIND],
        attempts=[*old.attempts, tried],
        retry=Retry(
            attempt=number + 1, request=request, started=scope.now, phase=phase, reused=list(found.reused), passed=list(found.passed)
        ),
    )
    itinerary = itineraries.choose(scope.migration.spec, fresh)
    current = flags.of(spec=scope.migration.spec, plan=scope.plan, found=(), one_cluster=scope.one_cluster, images=scope.images)
    return status.on_itinerary(fresh, itinerary, scope, current=current, first=itinerary.phases[0])
