"""What keeps a MigMigration from running. No engine is there: a migration that may run waits for its repository, and is Ready."""

from typing import Any

from kit import planes
from kit.rows import Act, Case, Row
from kit.rows.plan import plan
from kit.rows.volumes import converted
from mtc.api import conditions
from mtc.kube import resources


def start(**spec: Any) -> Act:
    """Makes the migration."""
    return lambda case: case.make(resources.MIG_MIGRATIONS, spec={"migPlanRef": case.ref(), "stage": False} | spec)


async def start_without_plan(case: Case) -> None:
    """Makes a migration that names no plan."""
    await case.make(resources.MIG_MIGRATIONS, spec={"stage": False})


async def ready_plan(case: Case) -> None:
    """Its plan, Ready."""
    await plan(case)
    await case.world.until(resources.MIG_PLANS, case.name, planes.is_ready)


async def conversion_plan(case: Case) -> None:
    """A Ready plan that stays inside one cluster and gives no namespace another name."""
    await converted(case)
    await case.world.until(resources.MIG_PLANS, case.name, planes.is_ready)


async def nothing(_: Case) -> None:
    """The migration comes first."""


async def after_final(case: Case) -> None:
    """A plan whose application has been migrated for good."""
    await ready_plan(case)
    ended = {
        "type": conditions.SUCCEEDED,
        "status": "True",
        "category": conditions.ADVISORY,
        "reason": conditions.COMPLETED,
        "durable": True,
        "message": "The migration has completed successfully.",
        "lastTransitionTime": "2026-11-23T12:00:00Z",
    }
    status = {"phase": "Completed", "itinerary": "Final", "conditions": [ended]}
    spec = {"migPlanRef": case.ref(), "stage": False}
    await case.make(resources.MIG_MIGRATIONS, f"{case.name}-a", spec=spec, status=status)


async def while_another_runs(case: Case) -> None:
    """A plan with a migration that has begun."""
    await ready_plan(case)
    await case.make(resources.MIG_MIGRATIONS, f"{case.name}-a", spec={"migPlanRef": case.ref(), "stage": False})
    await case.world.until(resources.MIG_MIGRATIONS, f"{case.name}-a", planes.shows(conditions.RUNNING))


async def delete_other(case: Case) -> None:
    """The other migration is gone."""
    await case.delete(resources.MIG_MIGRATIONS, f"{case.name}-a")


async def give_source(case: Case) -> None:
    """The plan gets the source that it lacked."""
    await case.patch(resources.MIG_PLANS, {"spec": {"srcMigClusterRef": case.ref("remote")}})


async def give_storage(case: Case) -> None:
    """The plan gets the repository that it lacked."""
    await case.patch(resources.MIG_PLANS, {"spec": {"migStorageRef": case.ref("repo")}})


def row(type_: str, reason: str = "", *, declare: Act, cause: Act | None = None, cure: Act | None) -> Row:
    """A row of MigMigrations: it is there from the beginning of the migration."""
    return Row(
        kind="MigMigration",
        type=type_,
        reason=reason,
        category=conditions.CRITICAL,
        declare=declare,
        cause=cause or start(),
        cure=cure,
        fresh=True,
    )


ROWS = (
    row(
        conditions.INVALID_PLAN_REF,
        conditions.NOT_SET,
        declare=ready_plan,
        cause=start_without_plan,
        cure=lambda case: case.spec(migPlanRef=case.ref()),
    ),
    row(conditions.INVALID_PLAN_REF, conditions.NOT_FOUND, declare=nothing, cure=ready_plan),
    row(conditions.PLAN_NOT_READY, declare=lambda case: plan(case, srcMigClusterRef=None), cure=give_source),
    row(conditions.PLAN_CLOSED, declare=lambda case: plan(case, closed=True), cure=None),
    row(
        conditions.INVALID_SPEC,
        conditions.NOT_SUPPORTED,
        declare=lambda case: plan(case, migStorageRef=None),
        cause=start(migrateState=True),
        cure=give_storage,
    ),
    row(conditions.FAILED, conditions.NOT_SUPPORTED, declare=conversion_plan, cure=None),
    row(conditions.HAS_FINAL_MIGRATION, declare=after_final, cure=delete_other),
    row(conditions.POSTPONED, declare=while_another_runs, cure=delete_other),
)
