"""How a run has ended, in a word and as an exit code. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from mtc.api import conditions
from mtc.api.migration.migmigration import MigMigration
from mtc.migration.scope import COMPLETED

_DONE, _FAILED, _WITH_WARNINGS = 0, 1, 3
#: A run with one of these does not begin, however long one waits.
_HOPELESS = (conditions.INVALID_SPEC, conditions.INVALID_PLAN_REF, conditions.HAS_FINAL_MIGRATION, conditions.PLAN_CLOSED)


class State(StrEnum):
    """How far a run is."""

    WAITING = "Waiting"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    WITH_WARNINGS = "SucceededWithWarnings"
    FAILED = "Failed"
    CANCELED = "Canceled"
    REFUSED = "Refused"


@dataclass(frozen=True)
class Ending:
    """An end.

    Attributes:
        state: the word.
        code: what the command exits with.
        why: what the run says about it.
    """

    state: State
    code: int
    why: tuple[str, ...] = ()


def of(run: MigMigration) -> Ending | None:
    """How it has ended; None while it goes on. A run that will never begin has ended, too."""
    found = run.status.conditions
    if run.status.phase != COMPLETED or run.retry_asked:
        reasons = tuple(entry.message for entry in found if entry.type in _HOPELESS and entry.is_true)
        return Ending(State.REFUSED, _FAILED, reasons) if reasons and not run.status.itinerary else None
    return _of_ended(run)


def _of_ended(run: MigMigration) -> Ending:
    found = run.status.conditions
    if conditions.has(found, conditions.DRY_RUN_COMPLETED):
        return _of_dry_run(run)
    if conditions.has(found, conditions.CANCELED):
        return Ending(State.CANCELED, _FAILED, _messages(run, conditions.CANCELED))
    if conditions.has(found, conditions.FAILED):
        return Ending(State.FAILED, _FAILED, tuple(run.status.errors) or _messages(run, conditions.FAILED))
    if conditions.has(found, conditions.SUCCEEDED_WITH_WARNINGS):
        return Ending(State.WITH_WARNINGS, _WITH_WARNINGS, tuple(warnings(run)))
    if conditions.has(found, conditions.SUCCEEDED):
        return Ending(State.SUCCEEDED, _DONE)
    return Ending(State.FAILED, _FAILED, ("It has ended and does not say how.",))


def state(run: MigMigration) -> State:
    """How far it is."""
    if end := of(run):
        return end.state
    return State.RUNNING if run.status.itinerary else State.WAITING


def warnings(run: MigMigration) -> list[str]:
    """What it warns of, and what holds it up."""
    return [entry.message for entry in run.status.conditions if entry.is_true and entry.category in _TOLD]


_TOLD = frozenset({conditions.WARN, *conditions.BLOCKERS})


def _messages(run: MigMigration, kind: str) -> tuple[str, ...]:
    return tuple(entry.message for entry in run.status.conditions if entry.type == kind and entry.message)


def _of_dry_run(run: MigMigration) -> Ending:
    """A dry run that found something in the way, or to warn of, has done its work, but the run itself would not go well."""
    report = run.status.dry_run
    if report and (report.conflicts or report.missing_rights or report.warnings or report.objects.refused):
        return Ending(State.WITH_WARNINGS, _WITH_WARNINGS, (*report.conflicts, *report.missing_rights, *report.warnings))
    return Ending(State.SUCCEEDED, _DONE)
