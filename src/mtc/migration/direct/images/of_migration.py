"""The DirectImageMigration of a migration: made once for each try, found by its labels, and told in lines for people."""

from typing import Any

from mtc.api import base, conditions, names
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import velero_crs
from mtc.migration.scope import COMPLETED, Scope

KIND = resources.DIRECT_IMAGE_MIGRATIONS
KINDS = (KIND, resources.DIRECT_IMAGE_STREAM_MIGRATIONS)
#: How people see the lists of its status, in the order in which they are counted.
_STATES = {"newISs": "Running", "successfulISs": "Completed", "failedISs": "Failed", "deletedISs": "Deleted"}


def is_over(item: Object) -> bool:
    """Whether it has come to its end, however it ended."""
    return velero_crs.phase_of(item) == COMPLETED


def selector(scope: Scope) -> str:
    """What all of the migration's objects have."""
    return f"{scope.migration.KIND.kind.lower()}={scope.uid}"


async def find(scope: Scope) -> Object | None:
    """The one of this try, None where there is none; the oldest where an answer was lost and there are two."""
    mine = [item for item in await _all(scope) if velero_crs.attempt_of(item) == scope.migration.attempt]
    return min(mine, key=lambda item: (item["metadata"]["creationTimestamp"], item["metadata"]["name"]), default=None)


async def _all(scope: Scope) -> list[Object]:
    found = await scope.host.list_all(KIND, namespace=scope.migration.namespace, label_selector=selector(scope))
    return [item for item in found if not item["metadata"].get("deletionTimestamp")]


async def ensure(scope: Scope) -> None:
    """Makes it unless it exists; what an earlier try has begun and not ended gives way."""
    if await find(scope) is not None:
        return
    for item in await _all(scope):
        if not is_over(item):
            await scope.host.delete(KIND, item["metadata"]["name"], namespace=item["metadata"]["namespace"])
    await scope.host.create(KIND, _body(scope))


def _body(scope: Scope) -> Object:
    migration = scope.migration
    owner = {"apiVersion": migration.KIND.api_version, "kind": migration.KIND.kind, "name": migration.name, "uid": migration.uid}
    return {
        "apiVersion": KIND.api_version,
        "kind": KIND.kind,
        "metadata": {
            "generateName": names.generate_name(migration.name),
            "namespace": migration.namespace,
            "labels": names.correlation_labels(migration.KIND.kind, migration.uid),
            "annotations": velero_crs.attempt_note(scope),
            "ownerReferences": [{**owner, "controller": True}],
        },
        "spec": {
            "srcMigClusterRef": _reference(scope.source_ref),
            "destMigClusterRef": _reference(scope.target_ref),
            "namespaces": list(scope.plan.spec.namespaces),
        },
    }


def _reference(ref: base.Ref) -> dict[str, str]:
    return {"name": ref.name, "namespace": ref.namespace}


async def delete(scope: Scope) -> list[Object]:
    """Deletes all that the migration has made, and gives what is still there; copies of ImageStreams go with them, and end."""
    for item in await _all(scope):
        await scope.host.delete(KIND, item["metadata"]["name"], namespace=item["metadata"]["namespace"])
    return [
        item
        for kind in KINDS
        for item in await scope.host.list_all(kind, namespace=scope.migration.namespace, label_selector=selector(scope))
    ]


def progress(item: Object) -> tuple[str, ...]:
    """How far it is: the counts of ImageStreams, then each with its copy and its state."""
    status: dict[str, Any] = item.get("status") or {}
    entries = [(entry, state) for key, state in _STATES.items() for entry in status.get(key) or []]
    if not entries:
        return ()
    total, running, done, failed, deleted = (len(entries), *(len(status.get(key) or []) for key in _STATES))
    counts = f"ImageStreams: {total} in all, {running} running, {done} successful, {failed} failed"
    lines = [_line(entry, state) for entry, state in entries]
    return (f"{counts}, {deleted} deleted" if deleted else counts, *sorted(lines))


def _line(entry: dict[str, Any], state: str) -> str:
    copy = entry.get("directMigration") or {}
    by = f" (DirectImageStreamMigration {copy.get('namespace')}/{copy.get('name')})" if copy.get("name") else ""
    return f"ImageStream {entry.get('namespace')}/{entry.get('name')}{by}: {state}"


def obstacle(item: Object) -> str:
    """What keeps it from going on, in the words of its conditions; "" where nothing does."""
    found = conditions.readable(item.get("status"))
    return " ".join(entry.message for entry in found if entry.is_true and entry.category in conditions.BLOCKERS)
