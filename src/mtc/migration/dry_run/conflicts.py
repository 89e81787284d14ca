"""What stands in the way of a migration, and what it would warn of: what its plan says, other migrations, what the target has already."""

from collections.abc import Collection, Iterable, Sequence

from mtc.api import conditions
from mtc.api.dry_run import REFUSED, SKIP
from mtc.api.migration.migmigration import MigMigration
from mtc.engine.rehearsal import run
from mtc.migration import hook_accounts, last_copies, source_namespaces, unselected, validation, waiting_claims
from mtc.migration.phases import ensure_stage_restore
from mtc.migration.quiesce import dangers
from mtc.migration.scope import Scope
from mtc.migration.swap import obstacles

_MOST = 20


async def look(scope: Scope, siblings: Sequence[MigMigration]) -> list[str]:
    """What keeps it from running, or from coming to its end, one sentence each."""
    found = [*_plan(scope, conditions.BLOCKERS), *_unsupported(scope), *_siblings(scope, siblings)]
    if copies := await last_copies.find(scope):
        found.append(f"{copies.tell(scope)}: these are the last copies. {copies.advise()}.")
    if scope.flags.is_rollback:
        return found
    if gone := await source_namespaces.missing(scope):
        found.append(gone)
    if scope.flags.converts and (stands := await obstacles.find(scope, scope.plan, goes_on=False)):
        return [*found, *stands]
    found += await dangers.find(scope)
    if scope.flags.runs_hooks:
        found += await hook_accounts.missing(scope)
    if scope.flags.copies_volumes and (busy := await ensure_stage_restore.in_use(scope)):
        found.append(
            f"Pods on target cluster {scope.target.name} use volumes whose content would be replaced: {_listed(busy)}. Stop them first."
        )
    return found


async def warnings(scope: Scope, judged: Sequence[run.Judged]) -> list[str]:
    """What it would do all the same, and warn of: one sentence each."""
    found = [*_plan(scope, {conditions.WARN}), *_objects(scope, judged)]
    if scope.flags.is_rollback:
        return found
    if scope.flags.copies_volumes:
        found += [entry.message for entry in ensure_stage_restore.overwriting(scope, await ensure_stage_restore.not_ours(scope))]
        found += await _filled_again(scope)
    left_behind = (*await waiting_claims.left_behind(scope), *await unselected.left_behind(scope))
    return [*found, *(entry.message for entry in left_behind)]


def missing_rights(scope: Scope, rehearsed: run.Rehearsed) -> list[str]:
    """Rights that the migration needs and its tokens lack, as the plan knows them, and those that the dry run itself missed."""
    found = [
        f"{', '.join(entry.verbs)} {entry.resource}{f'.{entry.group}' if entry.group else ''}"
        f"{f' in namespace {entry.namespace}' if entry.namespace else ''} on cluster {cluster.cluster}"
        for cluster in scope.plan.status.missing_permissions
        for entry in cluster.permissions
    ]
    return list(dict.fromkeys([*found, *(f"for the dry run only: {text}" for text in rehearsed.lacking)]))


def _plan(scope: Scope, categories: Collection[str]) -> Iterable[str]:
    for entry in scope.plan.status.conditions:
        if entry.is_true and entry.category in categories:
            yield f"MigPlan {scope.plan.ref}: {entry.type}: {entry.message}"


def _unsupported(scope: Scope) -> Iterable[str]:
    return (entry.message for entry in validation.unsupported_here(scope.migration, scope.plan, one_cluster=scope.one_cluster))


def _siblings(scope: Scope, siblings: Sequence[MigMigration]) -> Iterable[str]:
    if validation.has_final(scope.migration, siblings):
        yield f"Another final migration of MigPlan {scope.plan.ref} is running or has been done: {conditions.HAS_FINAL_MIGRATION} would block this one."
    if before := validation.ahead(scope.migration, siblings, scope.plan, one_cluster=scope.one_cluster):
        yield f"Other migrations of MigPlan {scope.plan.ref} come first: {_listed(entry.name for entry in before)}."


async def _filled_again(scope: Scope) -> list[str]:
    """A migration of state may follow another one, and the application of the target may have written meanwhile."""
    if not scope.migration.spec.migrate_state or not (claims := await ensure_stage_restore.filled_before(scope)):
        return []
    text = (
        f"MigPlan {scope.plan.ref} has filled PersistentVolumeClaims {_listed(claims)} on cluster {scope.target.name} before: they become what the "
        "source has now, and files that only they have are deleted."
    )
    return [text]


def _objects(scope: Scope, judged: Sequence[run.Judged]) -> Iterable[str]:
    refused = [entry for entry in judged if entry.action == REFUSED]
    if refused:
        text = f"Cluster {scope.target.name} would not take {len(refused)} object(s), the migration would end with warnings: "
        yield text + "; ".join(entry.message for entry in refused[:_MOST])
    kept = [entry for entry in judged if entry.action == SKIP and entry.message]
    if kept:
        text = f"{len(kept)} object(s) exist on cluster {scope.target.name}, differ from the source and would stay as they are: "
        yield text + _listed(f"{kind} {f'{space}/' if space else ''}{name}" for kind, space, name in (entry.key for entry in kept))


def _listed(found: Iterable[str]) -> str:
    entries = list(found)
    return ", ".join(entries[:_MOST]) + (f" and {len(entries) - _MOST} more" if len(entries) > _MOST else "")
