"""Which kinds the clusters of a plan serve: included ones that do not exist, and objects that the target cannot take.

Compared is the version in which a Backup holds the objects: the one that the source prefers. Kinds that come with a
CustomResourceDefinition are left out, because their definitions are migrated along with the objects.
"""

from collections.abc import Collection, Iterable

from mtc.api.migration.migplan import MigPlan
from mtc.kube import errors, reading
from mtc.kube.client import Client, Object
from mtc.kube.discovery import Discovery
from mtc.kube.resources import ResourceType
from mtc.migration import parallel
from mtc.migration.checks.plan import Kinds
from mtc.migration.rights.needed import Right
from mtc.migration.rights.reviews import Missing

#: The same objects under two groups: the group of the key is old, or a copy.
_COHABITING = {
    ("extensions", "deployments"): "apps",
    ("extensions", "daemonsets"): "apps",
    ("extensions", "replicasets"): "apps",
    ("extensions", "networkpolicies"): "networking.k8s.io",
    ("extensions", "ingresses"): "networking.k8s.io",
    ("", "events"): "events.k8s.io",
}


async def compare(source: Client, target: Client | None, *, plan: MigPlan, namespaces: Collection[str], excluded: Collection[str]) -> Kinds:
    """What the source does not know, and what the target does not.

    Args:
        source: the cluster to migrate from.
        target: the cluster to migrate to; None where it is out of reach.
        plan: with its included resources.
        namespaces: of the source.
        excluded: resources that are not migrated, as `plural` or `plural.group`.

    Raises:
        KubeError: a cluster failed.
    """
    known = await reading.served(source)
    served = known.discovery
    unknown = tuple(
        f"{item.kind}.{item.group}".rstrip(".") for item in plan.spec.included_resources if not _knows(served, item.group, item.kind)
    )
    if target is None:
        return Kinds(unknown=unknown)
    offered = await reading.served(target)
    missing = missing_kinds(served, offered.discovery, excluded=excluded)
    missing = [kind for kind in missing if kind.group not in known.custom_groups]
    affected, unlisted = await _affected(source, missing, sorted(namespaces))
    return Kinds(unknown=unknown, incompatible=tuple(affected), unlisted=tuple(unlisted))


def _knows(served: Discovery, group: str, kind: str) -> bool:
    wanted = kind.lower()
    return any(item.group == group and wanted in {item.kind.lower(), item.plural} for item in served.served)


def missing_kinds(source: Discovery, target: Discovery, *, excluded: Collection[str]) -> list[ResourceType]:
    """The kinds of namespaced objects that a Backup of the source may hold and the target does not serve."""
    found = {}
    for kind in source.preferred:
        if not kind.namespaced or "list" not in kind.verbs or "create" not in kind.verbs:
            continue
        if kind.plural in excluded or kind.group_resource in excluded:
            continue
        if not _takes(target, kind):
            found[_COHABITING.get((kind.group, kind.plural), kind.group), kind.plural] = kind
    return list(found.values())


def without_copies(kinds: Iterable[ResourceType]) -> list[ResourceType]:
    """The kinds, objects that are served under two groups once."""
    found = list(kinds)
    names = {(kind.group, kind.plural) for kind in found}
    return [kind for kind in found if (_COHABITING.get((kind.group, kind.plural)), kind.plural) not in names]


def _takes(target: Discovery, kind: ResourceType) -> bool:
    if target.serves(kind.group, kind.version, kind.plural):
        return True
    other = _COHABITING.get((kind.group, kind.plural))
    return other is not None and any(item.group == other and item.plural == kind.plural for item in target.served)


async def _affected(source: Client, kinds: Iterable[ResourceType], namespaces: list[str]) -> tuple[list[Object], list[Missing]]:
    """The namespaces that have objects of these kinds, as the status of a plan lists them; and where it was not allowed to look."""
    pairs = [(namespace, kind) for namespace in namespaces for kind in kinds]
    present = await parallel.gather(_has_any(source, kind, namespace) for namespace, kind in pairs)
    affected: dict[str, list[Object]] = {}
    unlisted = []
    for (namespace, kind), found in zip(pairs, present, strict=True):
        if found is None:
            unlisted.append(Missing(namespace, Right(kind.group, kind.plural, ("list",))))
        elif found:
            # MTC puts the plural into `kind`, and its console shows it as such.
            affected.setdefault(namespace, []).append({"group": kind.group, "version": kind.version, "kind": kind.plural})
    return [{"name": name, "gvks": gvks} for name, gvks in affected.items()], unlisted


async def _has_any(cluster: Client, kind: ResourceType, namespace: str) -> bool | None:
    """Whether there are objects of a kind; None where we may not look."""
    try:
        async for page in cluster.pages(kind, namespace=namespace, limit=1):
            return bool(page.items)
    except errors.Forbidden:
        return None
    return False
