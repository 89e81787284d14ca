"""The MigMigrations that the verbs make, and the changes that they make to one. Pure, but for `start`."""

from enum import StrEnum

from mtc.act import errors
from mtc.act.plans import Meant
from mtc.api import conditions, names
from mtc.api.migration.migmigration import MigMigration
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import validation
from mtc.migration.scope import COMPLETED

_TRUE = "true"
#: These keep a run from beginning for as long as it waits for its turn only.
_PATIENT = frozenset({conditions.POSTPONED})


class Verb(StrEnum):
    """What a run does."""

    STAGE = "stage"
    CUTOVER = "cutover"
    MIGRATE_STATE = "migrate-state"
    CONVERT = "convert"
    ROLLBACK = "rollback"


def manifest(
    meant: Meant, verb: Verb, *, quiesce: bool, keep_annotations: bool = False, verify: bool = False, dry_run: bool = False
) -> Object:
    """The MigMigration for a plan.

    Args:
        meant: the plan.
        verb: what it does.
        quiesce: stop the application in the source.
        keep_annotations: leave the marks of the migration on the objects.
        verify: watch the health of the application afterwards.
        dry_run: only find out what it would do.
    """
    plan, kind = meant.plan, MigMigration.KIND
    spec: Object = {"migPlanRef": {"name": plan.name, "namespace": plan.namespace}, "stage": verb is Verb.STAGE}
    if verb is Verb.ROLLBACK:
        spec["rollback"] = True
    if verb in {Verb.MIGRATE_STATE, Verb.CONVERT}:
        spec["migrateState"] = True
    wanted = {"quiescePods": quiesce, "keepAnnotations": keep_annotations, "verify": verify}
    spec |= {key: True for key, value in wanted.items() if value}
    # The name says what it is; it must leave room for what is made for it.
    meta: Object = {"generateName": names.generate_name(plan.name, verb.value), "namespace": plan.namespace}
    if dry_run:
        meta["annotations"] = {names.DRY_RUN: _TRUE}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, "spec": spec}


def check(meant: Meant, wanted: Object) -> None:
    """That the controller would let the run begin, now or once it is its turn.

    Raises:
        errors.NotPossible: it would not; the message is its own.
    """
    run = MigMigration.from_dict(wanted)
    found = validation.check(run, meant.plan, [other for other in meant.real if other.uid != run.uid])
    if reasons := [entry.message for entry in found if entry.type not in _PATIENT]:
        raise errors.NotPossible(" ".join(reasons))


async def start(host: Client, wanted: Object, *, dry_run: bool = False) -> MigMigration:
    """Makes the run; with `dry_run` the server only checks the object."""
    return MigMigration.from_dict(await host.create(resources.MIG_MIGRATIONS, wanted, dry_run=dry_run))


def to_cancel(meant: Meant) -> MigMigration:
    """The run that a person wants to cancel, a dry run only where no other is open. Raises errors.NotPossible."""
    open_ = [run for run in meant.real if run.status.phase != COMPLETED] or [run for run in meant.runs if run.status.phase != COMPLETED]
    if meant.named is not None:
        if meant.named.status.phase == COMPLETED:
            msg = f"MigMigration {meant.named.name} has ended, so there is nothing to cancel. `mtc rollback {meant.plan.name}` takes a run back."
            raise errors.NotPossible(msg)
        return meant.named
    if not open_:
        raise errors.NotPossible(f"No run of plan {meant.plan.name} is at work or waits. `mtc get migration` lists the runs.")
    at_work = [run for run in open_ if run.status.itinerary]
    if len(open_) > 1 and len(at_work) != 1:
        msg = f"Several runs of plan {meant.plan.name} are open: {', '.join(run.name for run in open_)}. Name the one to cancel."
        raise errors.NotPossible(msg)
    return at_work[0] if at_work else open_[0]


def to_retry(meant: Meant) -> MigMigration:
    """The failed run that is to be tried again. Raises errors.NotPossible."""
    # One that never began has nothing to go on with; an earlier one may.
    last = meant.named or next(reversed(meant.tried or meant.real), None)
    if last is None:
        raise errors.NotPossible(f"Plan {meant.plan.name} has no run yet. `mtc stage {meant.plan.name}` begins one.")
    if last.retry_asked:
        raise errors.NotPossible(f"MigMigration {last.name} has been asked for another try already. `mtc status {last.name}` shows it.")
    if last.status.phase != COMPLETED:
        raise errors.NotPossible(f"MigMigration {last.name} has not ended. `mtc status {last.name}` shows how it goes.")
    if not conditions.has(last.status.conditions, conditions.FAILED):
        raise errors.NotPossible(f"MigMigration {last.name} has not failed, so there is nothing to try again.")
    if validation.never_began(last):
        raise errors.NotPossible(f"MigMigration {last.name} failed before it began, so there is nothing to go on with. Begin another run.")
    if last.spec.canceled:
        raise errors.NotPossible(f"MigMigration {last.name} was canceled and what it had made is gone. Begin another run.")
    return last


async def cancel(host: Client, run: MigMigration) -> MigMigration:
    """Asks the controller to stop the run and to clear away what it made."""
    return await _patch(host, run, {"spec": {"canceled": True}})


async def discard(host: Client, run: MigMigration) -> None:
    """Deletes a dry run, of which nothing has to be taken back; so it goes even where the controller waits for a cluster."""
    await host.delete(resources.MIG_MIGRATIONS, run.name, namespace=run.namespace, uid=run.uid)


async def retry(host: Client, run: MigMigration, *, token: str) -> MigMigration:
    """Asks the controller for another try.

    Args:
        host: the host cluster.
        run: the failed run.
        token: tells this wish from earlier ones.
    """
    return await _patch(host, run, {"metadata": {"annotations": {names.RETRY: token}}})


async def _patch(host: Client, run: MigMigration, patch: Object) -> MigMigration:
    return MigMigration.from_dict(await host.patch(resources.MIG_MIGRATIONS, run.name, patch, namespace=run.namespace))
