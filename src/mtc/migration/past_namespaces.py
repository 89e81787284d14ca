"""Namespaces in which earlier runs of a plan have worked, and that the plan does not name any more: a rollback would leave them as they are."""

from collections.abc import Iterable

from mtc.api import names
from mtc.api.migration.migmigration import MigMigration
from mtc.kube import resources
from mtc.migration import validation
from mtc.migration.scope import Scope


async def left(scope: Scope) -> str:
    """What keeps a rollback from undoing everything, "" where nothing does."""
    everyone = MigMigration.readable(await scope.host.list_all(resources.MIG_MIGRATIONS, namespace=scope.migration.namespace))
    gone = missing(scope.plan.spec.namespaces, validation.siblings(scope.migration, everyone))
    if not gone:
        return ""
    return (
        f"MigPlan {scope.plan.ref} does not name {', '.join(gone)} any more, where earlier migrations of it have worked: what they have stopped and "
        "made there would stay as it is. Nothing was changed. Put that back into spec.namespaces, and roll back once more."
    )


def missing(now: Iterable[str], runs: Iterable[MigMigration]) -> list[str]:
    """The entries of `spec.namespaces` that runs have worked with since the last rollback that succeeded, and that are not there now. Pure.

    Args:
        now: those of the plan.
        runs: the other migrations of the plan, without dry runs.
    """
    known, found = {*now}, dict[str, None]()
    for run in sorted(runs, key=lambda run: run.age, reverse=True):
        if run.spec.rollback and run.has_succeeded:
            break
        if run.spec.rollback:
            continue
        noted = str((run.metadata.get("annotations") or {}).get(names.PLAN_NAMESPACES) or "")
        found |= dict.fromkeys(entry for entry in noted.split(",") if entry and entry not in known)
    return list(found)
