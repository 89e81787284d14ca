"""Whether a rollback is needed after a migration has ended, and how to ask for it.

The rule is the documentation's: an application that a failed migration stopped has to be rolled back, so that its data are not
corrupted; one that was not stopped still runs in the source and needs nothing.
"""

import yaml

from mtc.api import conditions, names
from mtc.api.migration.migmigration import MigMigration, MigMigrationStatus, RollbackAdvice
from mtc.kube import errors, resources
from mtc.migration import listing, validation
from mtc.migration.quiesce import work
from mtc.migration.scope import Scope

REQUIRED, NOT_REQUIRED, DONE = "required", "not-required", "done"


def of_unbegun() -> RollbackAdvice:
    """The advice for a migration that has ended before it began."""
    return RollbackAdvice(state=NOT_REQUIRED, message="The migration has not begun: it has neither stopped nor changed anything.")


async def of(scope: Scope, status: MigMigrationStatus) -> RollbackAdvice:
    """The advice for a migration that has just come to an end.

    Args:
        scope: the last pass.
        status: as it is at the end.
    """
    if conditions.has_any(status.conditions, conditions.SUCCEEDED, conditions.SUCCEEDED_WITH_WARNINGS):
        return _after_success(scope)
    if scope.flags.is_rollback:
        text = "This rollback did not come to its end, so the application may be incomplete on both clusters. Roll back once more."
        return RollbackAdvice(state=REQUIRED, message=text, manifest=manifest(scope))
    try:
        others = await _others(scope)
        stopped = work.describe(await work.stopped_by_plan(scope))
        data = await _data(scope) if stopped else ""
    except errors.KubeError as error:
        text = (
            f"Whether workloads still stand still on source cluster {scope.source.name} could not be looked at ({error}) Look at them: "
            "the annotation migration.openshift.io/quiesced-by tells what this plan has stopped, and a rollback starts that again."
        )
        return RollbackAdvice(state=REQUIRED, message=text, manifest=manifest(scope))
    if others:
        text = (
            f"MigMigration {others[0].ref} has moved this application, or is about to: what stands still on source cluster "
            f"{scope.source.name} does so because of that one. Do not roll back because of this run."
        )
        return RollbackAdvice(state=NOT_REQUIRED, message=text)
    if not stopped:
        text = f"No workload of the application stands still on source cluster {scope.source.name} because of this plan."
        return RollbackAdvice(state=NOT_REQUIRED, message=text)
    return _owed(scope, stopped, data)


async def _data(scope: Scope) -> str:
    """What is known of the volumes in the source."""
    found = await listing.of_namespaces(scope.source, resources.PERSISTENT_VOLUME_CLAIMS, scope.source_namespaces)
    gone = [f"{space}/{name}" for space, name in sorted(scope.copied_claims - listing.places(found))]
    if not gone:
        return "Their data are safe there."
    return (
        f"PersistentVolumeClaims {', '.join(gone)} do not exist there any more: their data are where they were copied to before, if anywhere. "
        "Look for them on the target and in the repository first."
    )


def _owed(scope: Scope, stopped: list[str], data: str) -> RollbackAdvice:
    text = (
        f"{len(stopped)} workload(s) of the application stand still on source cluster {scope.source.name} because a migration of this plan "
        f"stopped them. {data}"
    )
    if scope.plan.spec.closed:
        how = f"MigPlan {scope.plan.ref} is closed, so no rollback of it can begin: start them by hand, as status.errors tells."
        return RollbackAdvice(state=REQUIRED, message=f"{text} {how}", workloads=stopped)
    how = (
        "Create the MigMigration of the manifest: it deletes what was migrated and starts them "
        f"again; or remove the cause of the failure and give this one the annotation {names.RETRY} (any new value): it goes on from there."
    )
    return RollbackAdvice(state=REQUIRED, message=f"{text} {how}", workloads=stopped, manifest=manifest(scope))


async def _others(scope: Scope) -> list[MigMigration]:
    """Other final migrations of the plan that are at work, or whose success still stands."""
    found = list(MigMigration.readable(await scope.host.list_all(resources.MIG_MIGRATIONS, namespace=scope.migration.namespace)))
    siblings = validation.siblings(scope.migration, found)
    running = [one for one in siblings if not one.spec.stage and conditions.has(one.status.conditions, conditions.RUNNING)]
    done = [one for one in siblings if not one.spec.stage and not one.spec.rollback and one.has_succeeded]
    return running or (done if validation.has_final(scope.migration, siblings) else [])


def _after_success(scope: Scope) -> RollbackAdvice:
    if scope.flags.is_rollback and scope.flags.converts:
        text = f"The application runs on cluster {scope.source.name} with the volumes that it had before they were converted."
        return RollbackAdvice(state=DONE, message=text)
    if scope.flags.is_rollback:
        text = f"What was migrated is gone from cluster {scope.target.name}, and the application runs on cluster {scope.source.name}."
        return RollbackAdvice(state=DONE, message=text)
    if scope.flags.is_stage and not scope.flags.quiesce:
        text = f"Only data were copied; the application runs on source cluster {scope.source.name} as before."
        return RollbackAdvice(state=NOT_REQUIRED, message=text)
    if scope.plan.spec.closed:
        return RollbackAdvice(
            state=NOT_REQUIRED, message=f"The migration succeeded. MigPlan {scope.plan.ref} is closed, so it stands for good."
        )
    return RollbackAdvice(state=NOT_REQUIRED, message=f"The migration succeeded. {_would(scope)}", manifest=manifest(scope))


def _would(scope: Scope) -> str:
    if scope.flags.swaps:
        return "A rollback would stop the application and give it its old volumes back, without what it has written since."
    if scope.flags.migrates_state:
        return f"A rollback would delete the copied claims from cluster {scope.target.name}."
    return "A rollback would take the application back to the source, without what it has written since."


def manifest(scope: Scope) -> str:
    """The MigMigration that rolls the plan back, as YAML."""
    plan, kind = scope.plan, MigMigration.KIND
    body = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"generateName": f"{plan.name}-rollback-", "namespace": scope.migration.namespace},
        "spec": {"migPlanRef": {"name": plan.name, "namespace": plan.namespace}, "stage": False, "rollback": True},
    }
    return str(yaml.safe_dump(body, sort_keys=False))
