"""DryRun: finds out what the migration would do, and writes it down. The only phase of a dry run that does anything."""

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration.dry_run import looks
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Nothing is remembered between two passes: a second one finds out anew."""
    report = await looks.look(scope)
    if report.conflicts or report.missing_rights or report.warnings or report.objects.refused:
        text = (
            f"The dry run is through and has found {len(report.conflicts)} thing(s) in the way, {len(report.missing_rights)} missing right(s) "
            f"and {len(report.warnings)} warning(s): see status.dryRun. Nothing was changed."
        )
        category, reason = conditions.WARN, conditions.CONFLICTS_FOUND
    else:
        text, category, reason = (
            "The dry run is through: see status.dryRun. Nothing was changed.",
            conditions.ADVISORY,
            conditions.COMPLETED,
        )
    told = Condition(type=conditions.DRY_RUN_COMPLETED, category=category, reason=reason, message=text, durable=True)
    return Done(conditions=(told,), dry_run=report)


PHASE = Phase(
    name="DryRun",
    step="DryRun",
    description="Finding out what the migration would do, without a change on either cluster.",
    applies=always,
    run=run,
)
