"""A plan and its runs, as the name that a person gives leads to them."""

from dataclasses import dataclass

from mtc.act import errors
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.look.errors import NothingFound
from mtc.migration import validation
from mtc.migration.scope import COMPLETED


@dataclass(frozen=True)
class Meant:
    """What a name leads to.

    Attributes:
        plan: the plan.
        runs: its runs, the oldest first; dry runs too.
        named: the run that was named, None when the plan was.
    """

    plan: MigPlan
    runs: tuple[MigMigration, ...]
    named: MigMigration | None = None

    @property
    def real(self) -> tuple[MigMigration, ...]:
        """The runs that changed something, or will."""
        return tuple(run for run in self.runs if not run.is_dry_run)

    @property
    def tried(self) -> tuple[MigMigration, ...]:
        """The real runs without those that ended before they began, which say nothing of the application."""
        return tuple(run for run in self.real if not validation.never_began(run))

    @property
    def latest(self) -> MigMigration | None:
        """The run that was named, else the one that is at work, else the newest one."""
        if self.named is not None:
            return self.named
        at_work = [run for run in self.runs if run.status.itinerary and run.status.phase != COMPLETED]
        return at_work[0] if at_work else (self.runs[-1] if self.runs else None)


async def find(host: Client, name: str, *, namespace: str) -> Meant:
    """The plan of that name, or the plan of the run of that name.

    Raises:
        NothingFound: there is neither.
        errors.NotPossible: the run's plan is gone.
    """
    every = MigMigration.readable(await host.list_all(resources.MIG_MIGRATIONS, namespace=namespace))
    found = await host.find(resources.MIG_PLANS, name, namespace=namespace)
    named = None
    if found is None:
        named = next((run for run in every if run.name == name), None)
        if named is None:
            msg = f"There is no MigPlan or MigMigration {name} in namespace {namespace}. `mtc get plan` lists the plans."
            raise NothingFound(msg)
        plan_name = named.spec.mig_plan_ref.name if named.spec.mig_plan_ref else ""
        found = await host.find(resources.MIG_PLANS, plan_name or "", namespace=namespace) if plan_name else None
        if found is None:
            msg = f"MigPlan {plan_name or '(none)'} of MigMigration {name} does not exist. Without it nothing can be done with the run."
            raise errors.NotPossible(msg)
    plan = MigPlan.from_dict(found)
    mine = [run for run in every if run.spec.mig_plan_ref and run.spec.mig_plan_ref.name == plan.name]
    return Meant(plan, tuple(sorted(mine, key=_age)), named)


def _age(run: MigMigration) -> tuple[str, str]:
    return str(run.metadata.get("creationTimestamp", "")), run.name
