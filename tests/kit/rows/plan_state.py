"""What a MigPlan tells about its own state."""

from kit import planes
from kit.rows import Case
from kit.rows.plan import ADVISORY, REQUIRED, plan, ref, row, spec
from mtc.api import conditions
from mtc.kube import resources


async def nowhere(case: Case) -> None:
    """A plan without a source."""
    await plan(case, srcMigClusterRef=None)


async def migrate(case: Case) -> None:
    """A migration that waits for an engine that is not there."""
    await case.make(resources.MIG_MIGRATIONS, spec={"migPlanRef": case.ref(), "stage": False})


async def close_in_mid_run(case: Case) -> None:
    """The plan is closed while a migration of it is at work."""
    await migrate(case)
    await case.world.until(resources.MIG_MIGRATIONS, case.name, planes.shows(conditions.RUNNING))
    await case.spec(closed=True)


FROM_REMOTE, FROM_NOWHERE = ref("srcMigClusterRef", "remote"), spec(srcMigClusterRef=None)

ROWS = (
    row(
        conditions.RECONCILE_FAILED,
        cause=spec(persistentVolumes=[{"name": "pv", "capacity": "as much as there is"}]),
        cure=spec(persistentVolumes=[]),
    ),
    row(
        conditions.PVS_DISCOVERED,
        conditions.DONE,
        category=REQUIRED,
        declare=nowhere,
        cause=FROM_REMOTE,
        cure=FROM_NOWHERE,
        well=False,
    ),
    row(
        conditions.STORAGE_ENSURED,
        conditions.DONE,
        category=REQUIRED,
        declare=nowhere,
        cause=FROM_REMOTE,
        cure=FROM_NOWHERE,
        well=False,
    ),
    row(conditions.SUSPENDED, category=ADVISORY, cause=migrate, cure=lambda case: case.delete(resources.MIG_MIGRATIONS)),
    row(conditions.CLOSING, category=ADVISORY, cause=close_in_mid_run, cure=None),
    row(conditions.CLOSED, category=ADVISORY, cause=spec(closed=True), cure=None, ready=False),
)
