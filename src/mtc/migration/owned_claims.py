"""Claims that a StatefulSet of the target would take along when it is deleted, although undoing is not to delete them.

Its controller makes it the owner of every claim that its templates name, whoever made that: one that was there before, or one that
somebody has taken our label off, because it is the last copy of its data.
"""

from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import listing, migrated, parallel
from mtc.migration.quiesce import retention
from mtc.migration.scope import Scope


async def release(scope: Scope, found: migrated.Found) -> list[str]:
    """Has StatefulSets that are going to be deleted let go of claims that are not; those that were still owned, as `namespace/name`.

    Their controller takes claims back until it has seen that it shall not, and lets go itself only of those of running pods.

    Args:
        scope: the pass.
        found: what is going to be deleted.
    """
    sets = [
        item for (kind, _), items in found.items.items() if kind.group_resource == resources.STATEFUL_SETS.group_resource for item in items
    ]
    claims = await listing.of_namespaces(scope.target, resources.PERSISTENT_VOLUME_CLAIMS, map(_space, sets))
    owned = others(claims, sets, migrated.selector(scope))
    if not owned:
        return []
    greedy = [item for item in sets if retention.when_deleted(item)]
    await parallel.gather(
        scope.target.patch(resources.STATEFUL_SETS, item["metadata"]["name"], retention.KEEP_WHEN_DELETED, namespace=_space(item))
        for item in greedy
    )
    if not greedy and all(map(_is_seen, sets)):
        await parallel.gather(_let_go(scope, claim, sets) for claim in owned)
    return [f"{_space(claim)}/{claim['metadata']['name']}" for claim in owned]


def others(claims: list[Object], sets: list[Object], selector: str) -> list[Object]:
    """The claims without our label that one of the sets owns. Pure.

    Args:
        claims: of the namespaces of the sets.
        sets: StatefulSets.
        selector: the label, as `key=value`.
    """
    key, _, value = selector.partition("=")
    return [claim for claim in claims if _owners(claim, sets) and (claim["metadata"].get("labels") or {}).get(key) != value]


def _is_seen(item: Object) -> bool:
    """Whether its controller knows what a set says now."""
    return int((item.get("status") or {}).get("observedGeneration") or 0) >= int(item["metadata"].get("generation") or 0)


def _owners(claim: Object, sets: list[Object]) -> list[Object]:
    uids = {item["metadata"]["uid"] for item in sets}
    return [owner for owner in claim["metadata"].get("ownerReferences") or [] if owner["uid"] in uids]


async def _let_go(scope: Scope, claim: Object, sets: list[Object]) -> None:
    meta, gone = claim["metadata"], _owners(claim, sets)
    left = [owner for owner in meta["ownerReferences"] if owner not in gone]
    body = {"metadata": {"ownerReferences": left, "resourceVersion": meta["resourceVersion"]}}
    await scope.target.patch(resources.PERSISTENT_VOLUME_CLAIMS, meta["name"], body, namespace=_space(claim))


def _space(item: Object) -> str:
    return str(item["metadata"]["namespace"])
