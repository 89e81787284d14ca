"""Deletes the Backups and Restores of a migration that is canceled, or of a plan that is rolled back.

The engine does the work, because data in the bucket go with a Backup. An engine that does not run must not keep an application
from being started again: after a while its part is told and left to it, for the requests stay until it is back.
"""

import contextlib
from collections.abc import Sequence

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.engine import storage_locations
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import migrated, stale, velero_crs
from mtc.migration.outcome import Awaited, Done, Outcome, Subject, Wait
from mtc.migration.scope import Scope

#: Deleting takes a second or two; the files of large backups take longer.
_AT_MOST_S = 60.0
_TOLD_AFTER_S = 20.0


async def delete_backups(scope: Scope) -> Outcome:
    """Has the engine of the source delete them with their files; one that it refuses is named and stays."""
    refused = {}
    for item in await _found(scope, scope.source, resources.BACKUPS):
        if problems := await _refusal(scope.source, item):
            refused[item["metadata"]["uid"]] = f"{_title(item)} stays, with its data in the bucket: {' '.join(problems)}"
        else:
            await stale.request_deletion(scope.source, item)
    left = await _found(scope, scope.source, resources.BACKUPS)
    if not left:
        await _forget_copies(scope)
    waiting = [item for item in left if item["metadata"]["uid"] not in refused]
    return _answer(scope, scope.source, resources.BACKUPS, waiting, list(refused.values()))


async def _forget_copies(scope: Scope) -> None:
    """Has the target's engine look into the bucket: its copies of the Backups go with their files."""
    if not await _found(scope, scope.target, resources.BACKUPS):
        return
    with contextlib.suppress(velero_crs.LocationMissing):
        location = await velero_crs.plan_location(scope, scope.target, resources.BACKUP_STORAGE_LOCATIONS)
        await storage_locations.request_sync(scope.target, location, f"deleted-by-{scope.uid}")


async def delete_restores(scope: Scope) -> Outcome:
    """One that is at work stops; nobody goes on before that, because it would make again what is deleted next."""
    for item in await _found(scope, scope.target, resources.RESTORES):
        if not item["metadata"].get("deletionTimestamp"):
            await scope.target.delete(resources.RESTORES, item["metadata"]["name"], namespace=scope.namespace)
    left = await _found(scope, scope.target, resources.RESTORES)
    begun = any(velero_crs.phase_of(item) not in velero_crs.OVER | velero_crs.NOT_BEGUN for item in left)
    at_work = begun and await _engine_runs(scope)
    return _answer(scope, scope.target, resources.RESTORES, left, (), at_most_s=None if at_work else _AT_MOST_S)


async def _found(scope: Scope, cluster: Client, kind: ResourceType) -> list[Object]:
    return await cluster.list_all(kind, namespace=scope.namespace, label_selector=migrated.selector(scope))


async def _refusal(cluster: Client, backup: Object) -> list[str]:
    """Why the engine did not delete a Backup; empty when it has not answered, or was not asked."""
    requests = await stale.deletion_requests(cluster, backup)
    return [str(problem) for item in requests for problem in (item.get("status") or {}).get("errors") or []]


async def _engine_runs(scope: Scope) -> bool:
    engine = await scope.target.find(resources.DEPLOYMENTS, names.VELERO_NAME, namespace=scope.namespace)
    return bool(engine and (engine.get("status") or {}).get("availableReplicas"))


def _answer(
    scope: Scope, cluster: Client, kind: ResourceType, left: list[Object], refused: Sequence[str], *, at_most_s: float | None = _AT_MOST_S
) -> Outcome:
    if not left:
        return Done(conditions=told(scope, refused))
    text = (
        f"{', '.join(map(_title, left))} on cluster {cluster.name} {'is' if len(left) == 1 else 'are'} not deleted yet. The engine there "
        "does it: look at the pods and logs of its Deployment velero."
    )
    if at_most_s is not None and scope.in_phase_s >= at_most_s:
        return Done(conditions=told(scope, [*refused, f"{text} It goes on with that by itself as soon as it runs."]))
    own = Awaited(cluster, kind, scope.namespace, migrated.selector(scope))
    asked = Awaited(cluster, resources.DELETE_BACKUP_REQUESTS, scope.namespace)
    lines = tuple(f"{_title(item)}: being deleted" for item in left)
    objects = tuple(Subject(cluster, item, goes=True) for item in left)
    return Wait(for_=(own, asked), reason="Deleting", message=text, progress=lines, patience_s=_TOLD_AFTER_S, objects=objects)


def told(scope: Scope, news: Sequence[str]) -> tuple[Condition, ...]:
    """The condition that says what could not be removed, behind what an earlier phase has said; none without news."""
    known = conditions.find(scope.migration.status.conditions, conditions.CLEANUP_INCOMPLETE)
    text = " ".join([*([known.message] if known else []), *news])
    return (Condition(type=conditions.CLEANUP_INCOMPLETE, category=conditions.WARN, message=text, durable=True),) if news else ()


def _title(item: Object) -> str:
    return f"{item['kind']} {item['metadata']['namespace']}/{item['metadata']['name']} ({velero_crs.phase_of(item) or 'New'})"
