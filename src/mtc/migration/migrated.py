"""What was migrated into the target, by the label that every restored object carries: finding it and deleting it.

An object that was in the target before a migration does not get the label, so it is never touched. Objects of the whole
cluster stay (others may have begun to use a definition or a class), except PersistentVolumes that were moved: their data
belong to the source again.
"""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mtc.api import names
from mtc.kube import discovery, errors, resources
from mtc.kube.client import Client, Object, Propagation
from mtc.kube.resources import ResourceType
from mtc.migration import parallel
from mtc.migration.scope import Scope

_NEEDED = frozenset({"list", "delete"})
#: Nothing hangs below them that would have to end first. What the garbage collector must change before it goes has to be changeable, and the
#: API server takes no change of a ControllerRevision whose data were written in another way than by Go.
_OWN_NOTHING = frozenset({"controllerrevisions.apps"})
#: The cluster takes it away itself when what the object owns is gone.
_WAITS_FOR_PODS = "foregroundDeletion"
#: Answers of types whose objects are computed, for instance of metrics: nothing of them can be ours.
_NOT_LISTED = (errors.BadRequest, errors.NotServed, errors.NotFound)


def selector(scope: Scope) -> str:
    """What a rollback deletes is the plan's; what a canceled migration deletes is its own."""
    if scope.flags.is_rollback:
        return f"{names.MIGRATED_BY_MIGPLAN}={scope.plan.uid}"
    return f"{names.MIGRATED_BY_MIGMIGRATION}={scope.uid}"


@dataclass(frozen=True)
class Found:
    """What was looked for.

    Attributes:
        items: what is there, by type and namespace.
        unseen: sentences about what could not be looked at.
    """

    items: Mapping[tuple[ResourceType, str], list[Object]]
    unseen: tuple[str, ...]

    @property
    def all(self) -> list[Object]:
        """The objects of all types."""
        return [item for found in self.items.values() for item in found]


async def find(scope: Scope) -> Found:
    """Everything in the target that carries the label, looked for in every type that the cluster serves."""
    return await search(scope.target, scope.target_namespaces, selector(scope))


async def search(target: Client, namespaces: Iterable[str], label_selector: str) -> Found:
    """As `find`, for any label; the rights are those of the client's account."""
    served = await discovery.discover(target)
    kinds = [kind for kind in served.preferred if kind.namespaced and kind.verbs >= _NEEDED]
    places = [(kind, namespace) for kind in kinds for namespace in dict.fromkeys(namespaces)]
    lists = await parallel.gather(_list(target, kind, namespace, label_selector) for kind, namespace in places)
    closed = dict.fromkeys(kind.group_resource for (kind, _), items in zip(places, lists, strict=True) if items is None)
    unseen = [f"API {broken} of cluster {target.name} does not answer, so its kinds were not looked at." for broken in served.broken]
    if closed:
        text = f"The controller's account may not list {', '.join(closed)} on cluster {target.name}, so they were not looked at."
        unseen.append(f"{text} Give it list, delete and deletecollection for them.")
    found = {place: items for place, items in zip(places, lists, strict=True) if items}
    volumes = await target.list_all(resources.PERSISTENT_VOLUMES, label_selector=label_selector)
    if moved := [item for item in volumes if _is_moved(item)]:
        found[resources.PERSISTENT_VOLUMES, ""] = moved
    return Found(found, tuple(unseen))


async def delete(scope: Scope, found: Found) -> list[str]:
    """Asks for the deletion of what is not being deleted yet; sentences about what the cluster refused.

    Owners stay until the pods below them are gone, so that nothing of the application runs when all of them have gone.
    """
    works = [
        _delete(scope, kind, namespace, [item for item in items if not item["metadata"].get("deletionTimestamp")])
        for (kind, namespace), items in found.items.items()
    ]
    return [text for text in await parallel.gather(works) if text]


def describe(item: Object) -> str:
    """Kind, place and what keeps it."""
    meta = item["metadata"]
    where = f"{meta['namespace']}/{meta['name']}" if meta.get("namespace") else meta["name"]
    finalizers = [name for name in meta.get("finalizers") or [] if name != _WAITS_FOR_PODS]
    return f"{item['kind']} {where}" + (f" (finalizers {', '.join(finalizers)})" if finalizers else "")


async def _delete(scope: Scope, kind: ResourceType, namespace: str, items: list[Object]) -> str:
    if not items:
        return ""
    target = scope.target
    propagation: Propagation = "Background" if kind.group_resource in _OWN_NOTHING else "Foreground"
    if "deletecollection" in kind.verbs:
        with contextlib.suppress(errors.NotServed, errors.NotFound, errors.Forbidden):  # one by one may be possible
            await target.delete_collection(kind, namespace=namespace, label_selector=selector(scope), propagation=propagation)
            return ""
    try:
        names_ = [item["metadata"]["name"] for item in items]
        await parallel.gather(target.delete(kind, name, namespace=namespace or None, propagation=propagation) for name in names_)
    except errors.Forbidden as error:
        where = f"of namespace {namespace} " if namespace else ""
        return (
            f"The migrated {kind.group_resource} {where}on cluster {target.name} could not be deleted: {error} It takes the verbs delete and "
            "deletecollection, and an admission webhook that lets it."
        )
    return ""


async def _list(target: Client, kind: ResourceType, namespace: str, label_selector: str) -> list[Object] | None:
    """The objects of a type; None where they may not be listed."""
    try:
        return await target.list_all(kind, namespace=namespace, label_selector=label_selector)
    except _NOT_LISTED:
        return []
    except errors.Forbidden:
        return None


def _is_moved(volume: Object) -> bool:
    spec = volume["spec"]
    return bool(spec.get("nfs")) and spec.get("persistentVolumeReclaimPolicy") == "Retain"
