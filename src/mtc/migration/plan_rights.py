"""What a plan may not do on its clusters, found out before anything else is asked of them."""

import dataclasses
from collections.abc import Iterable, Sequence

from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.migration import parallel
from mtc.migration.checks.plan import Lacking, Scope
from mtc.migration.rights import needed, reviews, roles
from mtc.migration.rights.needed import Use
from mtc.migration.rights.reviews import Missing
from mtc.migration.shared import Shared
from mtc.migration.sides import Side

#: So many rights of a cluster, in so many namespaces, are listed at once: more would make the plan too large to be stored. Once they are
#: granted, the others are.
_MOST_RIGHTS, _MOST_NAMESPACES = 1000, 100


async def look(scope: Scope, shared: Shared) -> tuple[Lacking, ...]:
    """What is missing on source and target; empty where nothing is, or where a cluster is out of reach.

    Args:
        scope: with both sides.
        shared: where rules are kept for other plans.

    Raises:
        KubeError: a cluster failed.
    """
    found = [
        await _missing(scope, scope.source, Use.SOURCE, [item.source for item in scope.mappings], shared),
        await _missing(scope, scope.target, Use.TARGET, [item.target for item in scope.mappings], shared),
    ]
    if scope.source.client is scope.target.client:
        found = [tuple(dict.fromkeys([*found[0], *found[1]])), ()]
    sides = zip((scope.source, scope.target), found, strict=True)
    return tuple([await _lacking(scope, side, missing) for side, missing in sides if missing])


async def with_unlisted(scope: Scope) -> Scope:
    """The scope with what turned out to be missing when the source was looked through for kinds that the target does not serve."""
    if not scope.kinds.unlisted or scope.lacking:
        return scope
    return dataclasses.replace(scope, lacking=(await _lacking(scope, scope.source, scope.kinds.unlisted),))


async def _missing(scope: Scope, side: Side, use: Use, namespaces: Iterable[str], shared: Shared) -> tuple[Missing, ...]:
    if side.client is None:
        return ()
    needs = needed.of_plan(scope.plan, use, excluded=scope.settings.excluded_resources)
    spaces = [name for name in dict.fromkeys(namespaces) if name]
    return await reviews.missing(
        side.client, needs, toolkit=scope.namespace, applications=spaces, shared=shared, afresh=scope.plan.spec.refresh
    )


async def _lacking(scope: Scope, side: Side, missing: tuple[Missing, ...]) -> Lacking:
    if side.client is None:
        return Lacking(cluster=side.name, user="", missing=missing, manifest="")
    user = await reviews.user(side.client)
    listed = told_at_once(missing)
    spaces = sorted({item.namespace for item in listed if item.namespace})
    there = await parallel.gather(_exists(side.client, name) for name in spaces)
    absent = [name for name, exists in zip(spaces, there, strict=True) if not exists]
    objects = roles.granting(listed, prefix=f"openshift-migration-{scope.plan.name}", to=roles.Granted(user), absent=absent)
    return Lacking(cluster=side.name, user=user, missing=missing, manifest=roles.text(objects))


def told_at_once(missing: Sequence[Missing]) -> tuple[Missing, ...]:
    """As many of the missing rights as are listed with their manifest, the first ones."""
    spaces = list(dict.fromkeys(item.namespace for item in missing))[:_MOST_NAMESPACES]
    return tuple([item for item in missing if item.namespace in spaces][:_MOST_RIGHTS])


async def _exists(cluster: Client, namespace: str) -> bool:
    """Whether a namespace exists, as far as we may know."""
    try:
        return await cluster.find(resources.NAMESPACES, namespace) is not None
    except errors.Forbidden:
        return True


def to_status(lacking: Iterable[Lacking]) -> list[Object] | None:
    """As in the status of a plan; None where nothing is missing."""
    return [
        {
            "cluster": item.cluster,
            "user": item.user,
            "permissions": [
                {
                    "namespace": missing.namespace,
                    "group": missing.right.group,
                    "resource": missing.right.resource,
                    "verbs": list(missing.right.verbs),
                }
                for missing in told_at_once(item.missing)
            ],
            "manifest": item.manifest,
        }
        for item in lacking
    ] or None
