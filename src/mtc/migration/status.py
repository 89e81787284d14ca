"""The whole status of a migration after a pass, computed from what was read and what the phase answered. Pure."""

from collections.abc import Sequence
from datetime import datetime

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigration, MigMigrationStatus, Step
from mtc.api.migration.migplan import MigPlan
from mtc.migration import flags, itineraries, pipeline, timeline
from mtc.migration.itineraries import Itinerary
from mtc.migration.outcome import Done, Fail, Outcome, Stall, Wait
from mtc.migration.phase import Phase
from mtc.migration.phases import canceled, swap_pvc_references
from mtc.migration.scope import COMPLETED, Scope

#: The step of a migration of state that begins with the swap.
_SWAP_STEP = itineraries.STAGE.phase(swap_pvc_references.PHASE.name).step
SUCCEEDED_MESSAGE = "The migration has completed successfully."


def is_over(status: MigMigrationStatus) -> bool:
    """Whether the migration has ended, however it ended."""
    return status.phase == COMPLETED


def flags_of(
    migration: MigMigration,
    plan: MigPlan,
    *,
    status: MigMigrationStatus,
    one_cluster: bool,
    found: Sequence[Condition] | None = None,
    images: flags.Images = flags.NO_IMAGES,
) -> flags.Flags:
    """What kind of migration it is.

    Args:
        migration: the migration.
        plan: its plan.
        status: of the migration as far as it has come.
        one_cluster: whether source and target are the same cluster.
        found: conditions that hold in place of those of the status.
        images: what of the source's ImageStreams goes through the repository.
    """
    return flags.of(
        spec=migration.spec,
        plan=plan,
        found=status.conditions if found is None else found,
        one_cluster=one_cluster,
        has_swapped=has_swapped(status),
        images=images,
    )


def has_swapped(status: MigMigrationStatus) -> bool:
    """Whether this run, or an earlier try of it, has come to where workloads get other claims; that is written before any does."""
    begun = any(step.name == _SWAP_STEP and step.started for step in status.pipeline)
    return begun or any(attempt.step == _SWAP_STEP for attempt in status.attempts)


def enter(old: MigMigrationStatus, scope: Scope) -> MigMigrationStatus:
    """The status on the itinerary that has to be followed now; the same when the migration is on it already."""
    is_dry_run, spec = scope.migration.is_dry_run, scope.migration.spec
    itinerary = itineraries.DRY_RUN if is_dry_run and not spec.canceled else itineraries.choose(spec, old)
    if old.itinerary == itinerary.name:
        return old
    current = _flags(scope, old)
    # A migration that is canceled before it began, and a dry run, have nothing to undo, and another one may be at work in the same namespaces.
    first = canceled.PHASE if itinerary is itineraries.CANCEL and (is_dry_run or not old.itinerary) else itinerary.phases[0]
    return on_itinerary(old, itinerary, scope, current=current, first=first)


def blocked(old: MigMigrationStatus, staged: Sequence[Condition], *, now: datetime) -> MigMigrationStatus:
    """The status of a migration that may not go on now: its place stays, the conditions say why."""
    running = conditions.find(old.conditions, conditions.RUNNING)
    held = [*staged, running] if running and running.is_true else staged
    return old.model_copy(update={"conditions": conditions.merge(old.conditions, held, now=now)})


def unbegun(old: MigMigrationStatus, failed: Condition, *, now: datetime) -> MigMigrationStatus:
    """The status of a migration that ends before it begins, because it cannot be done at all: the condition says why."""
    shown = conditions.merge(old.conditions, [failed], now=now)
    return old.model_copy(update={"phase": COMPLETED, "conditions": shown, "errors": [failed.message]})


def refused(old: MigMigrationStatus, told: Condition | None, *, now: datetime) -> MigMigrationStatus:
    """The status of a migration that has ended and is not tried again: as it was, and why."""
    shown = [entry for entry in old.conditions if entry.type == conditions.READY]
    return old.model_copy(update={"conditions": conditions.merge(old.conditions, [*shown, *([told] if told else [])], now=now)})


def compute(
    old: MigMigrationStatus, scope: Scope, outcome: Outcome, *, staged: Sequence[Condition] = (), answered: datetime | None = None
) -> MigMigrationStatus:
    """The status after a phase.

    Args:
        old: the status as the phase saw it, on its itinerary.
        scope: what the phase worked with.
        outcome: what it answered.
        staged: conditions from outside the phase that hold as well.
        answered: when it answered; the time of the pass where it is not given.
    """
    itinerary = itineraries.ALL[old.itinerary or ""]
    phase = itinerary.phase(old.phase or "")
    now = answered or scope.instant
    held = timeline.held_s(old.pipeline, phase, outcome, now=now) > 0
    old = old.model_copy(update={"pipeline": timeline.note(old.pipeline, phase, outcome, begun=scope.instant, now=now)})
    match outcome:
        case Done():
            return _advance(old, scope, outcome, itinerary, phase, staged)
        case Fail():
            return _fail(old, scope, outcome, phase, staged)
        case Wait():
            extra = [*staged, *outcome.conditions]
            quiet_s = (now - (timeline.quiet_since(old.pipeline, phase) or now)).total_seconds()
            if not conditions.has(staged, conditions.STALLED) and outcome.patience_s is not None and quiet_s >= outcome.patience_s:
                text = f"{phase.name} waits, and nothing has moved for {int(quiet_s // 60)} min: {outcome.message}"
                extra.append(Condition(type=conditions.STALLED, category=conditions.WARN, reason=phase.name, message=text))
            return _stay(old, scope, itinerary, phase, extra, outcome, held=held)
        case Stall():
            stalled = Condition(type=conditions.STALLED, category=conditions.ERROR, reason=outcome.reason, message=outcome.message)
            return _stay(old, scope, itinerary, phase, [*staged, stalled], outcome)


def _stay(
    old: MigMigrationStatus,
    scope: Scope,
    itinerary: Itinerary,
    phase: Phase,
    staged: Sequence[Condition],
    outcome: Wait | Stall,
    *,
    held: bool = False,
) -> MigMigrationStatus:
    lines = outcome.progress if isinstance(outcome, Wait) else ()
    message = phase.description if lines else f"{phase.description} {outcome.message}"
    steps = pipeline.enter(old.pipeline, phase.step, phase=phase.name, message=message, now=scope.now)
    # Lines and figures tell of the same moment.
    steps = pipeline.report(steps, phase.step, () if held else lines)
    shown = conditions.merge(old.conditions, _with_running(staged, itinerary, phase), now=scope.now)
    return old.model_copy(update={"phase": phase.name, "pipeline": steps, "conditions": shown})


def _advance(
    old: MigMigrationStatus, scope: Scope, outcome: Done, itinerary: Itinerary, phase: Phase, staged: Sequence[Condition]
) -> MigMigrationStatus:
    extra = [*staged, *outcome.conditions]
    known = conditions.merge(old.conditions, extra, now=scope.now, removed=outcome.removed)
    current = _flags(scope, old, known)
    following = itinerary.after(phase, current, passed=old.retry.passed if old.retry else ())
    old = old.model_copy(update={"pipeline": pipeline.report(old.pipeline, phase.step, outcome.progress)})
    fields: dict[str, object] = {"phase": following.name}
    if outcome.errors:
        fields["errors"] = list(dict.fromkeys([*old.errors, *outcome.errors]))
    if outcome.proof is not None:
        fields["proof"] = outcome.proof
    if outcome.dry_run is not None:
        fields["dry_run"] = outcome.dry_run
    if outcome.namespaces is not None:
        fields["namespaces"] = list(outcome.namespaces)
    if following.name == COMPLETED:
        fields["conditions"] = conditions.merge(old.conditions, [*extra, *_result(known)], now=scope.now, removed=outcome.removed)
        steps = _enter_step(old, scope, following)
        fields["pipeline"] = pipeline.finish(steps, now=scope.now)
    else:
        shown = _with_running(extra, itinerary, following)
        fields["conditions"] = conditions.merge(old.conditions, shown, now=scope.now, removed=outcome.removed)
        fields["pipeline"] = _enter_step(old, scope, following)
    return old.model_copy(update=fields)


def _fail(old: MigMigrationStatus, scope: Scope, outcome: Fail, phase: Phase, staged: Sequence[Condition]) -> MigMigrationStatus:
    for clearing in (itineraries.FAILED, itineraries.CANCEL):
        if old.itinerary == clearing.name:
            # Cleaning up failed as well: it is told, and the rest of the cleaning goes on.
            return _advance(old, scope, Done(conditions=outcome.conditions, errors=outcome.messages), clearing, phase, staged)
    name = phase.name or "Created"
    text = f"The migration has failed in phase {name}: {outcome.messages[0]} All reasons are in status.errors."
    failed = Condition(type=conditions.FAILED, category=conditions.ADVISORY, reason=name, message=text, durable=True)
    found = conditions.merge(old.conditions, [*staged, *outcome.conditions, failed], now=scope.now)
    errors = list(dict.fromkeys([*old.errors, *outcome.messages]))
    marked = old.model_copy(update={"conditions": found, "errors": errors, "pipeline": pipeline.fail(old.pipeline, phase.step)})
    current = _flags(scope, old, found)
    return on_itinerary(marked, itineraries.FAILED, scope, current=current, first=itineraries.FAILED.phases[0])


def on_itinerary(old: MigMigrationStatus, itinerary: Itinerary, scope: Scope, *, current: flags.Flags, first: Phase) -> MigMigrationStatus:
    """The status at the first phase of an itinerary."""
    steps = pipeline.expect(old.pipeline, itinerary.steps(current))
    moved = old.model_copy(update={"pipeline": steps})
    shown = _with_running([], itinerary, first)
    return moved.model_copy(
        update={
            "itinerary": itinerary.name,
            "phase": first.name,
            "pipeline": _enter_step(moved, scope, first),
            "conditions": conditions.merge(old.conditions, shown, now=scope.now),
            "start_timestamp": old.start_timestamp or scope.now,
        }
    )


def _flags(scope: Scope, old: MigMigrationStatus, found: Sequence[Condition] | None = None) -> flags.Flags:
    return flags_of(scope.migration, scope.plan, status=old, one_cluster=scope.one_cluster, found=found, images=scope.images)


def _enter_step(old: MigMigrationStatus, scope: Scope, phase: Phase) -> list[Step]:
    return pipeline.enter(old.pipeline, phase.step, phase=phase.name, message=phase.description, now=scope.now)


def _with_running(staged: Sequence[Condition], itinerary: Itinerary, phase: Phase) -> list[Condition]:
    text = f"Step {itinerary.position(phase)} of {len(itinerary.phases)}"
    running = Condition(type=conditions.RUNNING, category=conditions.ADVISORY, reason=phase.name, message=text)
    held = [*staged, running]
    if not conditions.has_blocker(held):
        held.append(conditions.ready("The migration is ready to run."))
    return held


def _result(known: Sequence[Condition]) -> list[Condition]:
    if conditions.has_any(known, conditions.FAILED, conditions.CANCELED):
        return []
    if conditions.has(known, conditions.DRY_RUN_COMPLETED):
        return [conditions.ready("The dry run is through.")]
    warnings = [condition.type for condition in known if condition.is_true and condition.category == conditions.WARN]
    if not warnings:
        kind, text = conditions.SUCCEEDED, SUCCEEDED_MESSAGE
    else:
        kind, text = conditions.SUCCEEDED_WITH_WARNINGS, f"The migration has completed with warnings: see {', '.join(warnings)}."
    result = Condition(type=kind, category=conditions.ADVISORY, reason=conditions.COMPLETED, message=text, durable=True)
    # What succeeded stays Ready, so that a list of migrations shows which did; see docs/decisions/0007.
    return [result, conditions.ready("The migration has run.")]
