"""WaitForDirectVolumeMigrationToComplete: until all volumes are copied, and what comparing both sides has found.

A copy that has failed fails the migration, whatever it was that failed: MTC goes on where the copy did not even begin, and an
application would start with empty volumes.
"""

from dataclasses import replace

from mtc.api import conditions, names
from mtc.api.migration.directvolumemigration import DirectVolumeMigration
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import direct_volumes
from mtc.migration.direct import course
from mtc.migration.outcome import Awaited, Done, Outcome, Subject, Wait, fail
from mtc.migration.phase import Phase
from mtc.migration.phases import create_direct_volume_migration_stage
from mtc.migration.proof import verdict, volumes
from mtc.migration.quiesce import standstill
from mtc.migration.scope import Scope

_FAILED = "DirectVolumeMigrationFailed"


async def run(scope: Scope) -> Outcome:
    """Done when every volume has arrived."""
    item = await direct_volumes.find(scope)
    if item is None:
        text = (
            f"The DirectVolumeMigration of this migration was deleted from namespace {scope.migration.namespace} before its volumes had been "
            "copied. Start another migration, or another try of this one."
        )
        return fail(_FAILED, text)
    found = await direct_volumes.progresses(scope, item)
    figures = direct_volumes.figures_of(scope, found)
    if not course.is_over(item):
        return _wait(scope, item, found)
    status = DirectVolumeMigration.from_dict(item).status
    if not conditions.has(status.conditions, conditions.SUCCEEDED):
        failed = fail(_FAILED, direct_volumes.errors_of(item))
        return replace(failed, conditions=(direct_volumes.failed(item),), figures=figures)
    lines = direct_volumes.lines(item, found)
    done = Done() if scope.flags.is_stage else _proved(scope, found)
    return await _undisturbed(scope, replace(done, progress=lines, figures=figures), found)


async def _undisturbed(scope: Scope, done: Done, found: list[Object]) -> Outcome:
    """Unless the application was started again while it was copied: what it wrote then may be missing."""
    if not scope.flags.quiesce:
        return done
    moved = await standstill.look(scope, since=direct_volumes.begun(found))
    if moved.started:
        return replace(standstill.broken(scope, moved.started), figures=done.figures)
    return replace(done, conditions=(*done.conditions, *standstill.told_also(scope, moved.unstoppable)))


def _proved(scope: Scope, found: list[Object]) -> Done:
    if why := verdict.skipped_because(scope):
        return Done(proof=verdict.skipped(why, now=scope.now))
    compared = volumes.of_direct_copies(scope, direct_volumes.answers(found))
    result = verdict.joined(scope.migration.status.proof, "volumes", compared, report=None, now=scope.now)
    return Done(conditions=verdict.told(scope, result, compared), proof=result)


def _wait(scope: Scope, item: Object, found: list[Object]) -> Wait:
    status = item.get("status") or {}
    told = direct_volumes.blocked(item)
    doing = status.get("phaseDescription") or "It has not been taken up yet."
    place, selector = scope.migration.namespace, f"directvolumemigration={item['metadata']['uid']}"
    own = f"{names.DIRECT_VOLUME}={scope.uid}"
    return Wait(
        for_=(
            Awaited(scope.host, resources.DIRECT_VOLUME_MIGRATIONS, place, own),
            Awaited(scope.host, resources.DIRECT_VOLUME_PROGRESSES, place, selector),
        ),
        reason="DirectCopyRunning",
        message=f"{direct_volumes.title(item)} is not through. {' '.join([doing, *(entry.message for entry in told)])}",
        progress=direct_volumes.lines(item, found) if found else (),
        # Copying takes as long as it takes; what keeps it is told by the copy itself.
        patience_s=0.0 if told else None,
        conditions=told,
        figures=direct_volumes.figures_of(scope, found),
        objects=(Subject(scope.host, item),),
    )


PHASE = Phase(
    name="WaitForDirectVolumeMigrationToComplete",
    step="DirectVolume",
    description="Waiting until the volumes are copied from cluster to cluster.",
    applies=create_direct_volume_migration_stage.applies,
    run=run,
)
