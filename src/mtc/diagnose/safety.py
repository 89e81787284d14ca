"""Whether the application is safe, and whether a rollback is needed: the rule of the documentation for the run at hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mtc.api import conditions, names
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Thing, thing
from mtc.words import _

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "ReplicaSet", "Job")
_MARKS = (names.PRE_QUIESCE_REPLICAS, names.PRE_QUIESCE_SUSPEND, names.PRE_QUIESCE_NODE_SELECTOR)
REQUIRED, NOT_REQUIRED, DONE, RUNNING = "required", "not-required", "done", "running"


@dataclass(frozen=True)
class Safety:
    """The answer.

    Attributes:
        rollback: required, not-required, done, or running while nobody can say yet; "" where there is no migration.
        text: why, in a sentence or two.
        stopped: workloads that stand still on the source because of the plan.
        steps: what to do about it.
    """

    rollback: str
    text: str
    stopped: tuple[Thing, ...] = ()
    steps: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        return {"rollback": self.rollback, "text": self.text, "stopped": [item._asdict() for item in self.stopped], "steps": [*self.steps]}


def of(case: Case) -> Safety:
    """The answer for a case."""
    run = case.migration
    if run is None:
        return _without_run(case)
    stopped = tuple(_stopped(case))
    advice, phase = run.status.get("rollback") or {}, run.phase
    found = {entry.type for entry in conditions.readable(run.status)}
    if phase and phase != "Completed":
        return _running(case, stopped)
    # One that never began says nothing of what an earlier run has stopped.
    if advice and (run.status.get("itinerary") or not stopped):
        state = str(advice.get("state") or NOT_REQUIRED)
        return Safety(state, str(advice.get("message") or ""), stopped, _rollback(case) if state == REQUIRED else ())
    if stopped and conditions.FAILED in found:
        text = _("{count} workload(s) stand still on source cluster {cluster} because this plan stopped them; their data are safe there.")
        return Safety(REQUIRED, text.format(count=len(stopped), cluster=case.source), stopped, _rollback(case))
    if not found & {conditions.FAILED, conditions.CANCELED, conditions.SUCCEEDED, conditions.SUCCEEDED_WITH_WARNINGS}:
        return Safety(NOT_REQUIRED, _("The migration has not begun: nothing was changed, and the application runs as before."))
    return Safety(
        NOT_REQUIRED,
        _("Nothing of the application stands still on source cluster {cluster} because of this plan.").format(cluster=case.source),
    )


def _running(case: Case, stopped: tuple[Thing, ...]) -> Safety:
    if stopped:
        text = _("The migration has stopped {count} workload(s) on source cluster {cluster}; their data are safe there.")
        cancel = _("`mtc cancel {plan}` stops the migration and starts them again").format(plan=case.plan.name if case.plan else "PLAN")
        return Safety(RUNNING, text.format(count=len(stopped), cluster=case.source), stopped, (cancel,))
    return Safety(
        RUNNING, _("Nothing of the application was stopped so far: it runs on source cluster {cluster}.").format(cluster=case.source)
    )


def _without_run(case: Case) -> Safety:
    match case.subject.kind:
        case "Backup" | "PodVolumeBackup":
            text = _("A Backup only reads: the application is as it was.")
        case "Restore" | "PodVolumeRestore":
            text = _("A Restore changes nothing on the source; what it made on cluster {cluster} may be incomplete.").format(
                cluster=case.subject.cluster
            )
        case _:
            text = _("No migration has begun: nothing of the application was changed.")
    return Safety("", text)


def _stopped(case: Case) -> Iterable[Thing]:
    """Workloads that carry the mark of having been stopped and do not run."""
    uid = case.plan.item["metadata"].get("uid") if case.plan else None
    for kind in _WORKLOADS:
        for placed in case.applications(kind):
            notes = placed.item["metadata"].get("annotations") or {}
            by = str(notes.get(names.QUIESCED_BY) or "")
            if placed.cluster != case.source or not any(mark in notes for mark in _MARKS) or (by and uid and not by.startswith(str(uid))):
                continue
            owners = placed.item["metadata"].get("ownerReferences") or ()
            if not any(owner.get("controller") for owner in owners) and _stands(placed.item):
                yield thing(placed)


def _stands(item: dict[str, Any]) -> bool:
    spec = item.get("spec") or {}
    return spec.get("replicas") == 0 or bool(spec.get("suspend")) or item.get("kind") == "DaemonSet" or spec.get("parallelism") == 0


def _rollback(case: Case) -> tuple[str, ...]:
    plan = case.plan.name if case.plan else "PLAN"
    if case.is_closed:
        text = _(
            "plan {plan} is closed, so nothing of it can be tried again or rolled back: start these by hand on source cluster {cluster}"
        )
        return (text.format(plan=plan, cluster=case.source),)
    return (
        _("remove the cause, then try again: `mtc retry {plan}`").format(plan=plan),
        _("or take it back, which starts the application again: `mtc rollback {plan}` (`--dry-run` says what it would delete)").format(
            plan=plan
        ),
    )
