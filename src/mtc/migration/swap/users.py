"""Which workloads of a cluster use claims that others take the place of."""

from collections.abc import Iterable, Mapping

from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import parallel
from mtc.migration.quiesce import kinds
from mtc.migration.quiesce.workload import Workload
from mtc.migration.swap import body, stateful_set
from mtc.migration.swap.claims import Names

#: Served beside the newer version of the same objects.
_ONCE = tuple(workload for workload in kinds.ALL if workload.kind.version != "v1beta1")


async def workloads(cluster: Client, namespace: str) -> list[tuple[Workload, Object]]:
    """The workloads of a namespace with their kinds, without temporary StatefulSets."""
    beta = [] if await cluster.list_all(resources.CRON_JOBS, namespace=namespace) else [kinds.CRON_JOB_BETA]
    wanted = [*_ONCE, *beta]
    lists = await parallel.gather(cluster.list_all(workload.kind, namespace=namespace) for workload in wanted)
    return [
        (workload, item) for workload, items in zip(wanted, lists, strict=True) for item in items if not stateful_set.is_temporary(item)
    ]


async def claim_names(cluster: Client, namespace: str) -> set[str]:
    """Names of the claims of a namespace."""
    found = await cluster.list_all(resources.PERSISTENT_VOLUME_CLAIMS, namespace=namespace)
    return {item["metadata"]["name"] for item in found}


def need(workload: Workload, item: Object, replaced: Names) -> bool:
    """Whether a workload would start pods with a claim that is replaced."""
    if workload.kind == resources.STATEFUL_SETS:
        return stateful_set.needs(item, replaced)
    return body.needs(workload, item, replaced)


async def of(cluster: Client, wanted: Mapping[str, Names]) -> list[Object]:
    """The workloads that would start pods with a claim that is replaced.

    Args:
        cluster: where they are.
        wanted: by namespace, which claims take the place of which.
    """
    lists = await parallel.gather(workloads(cluster, namespace) for namespace in wanted)
    return [
        item for replaced, items in zip(wanted.values(), lists, strict=True) for workload, item in items if need(workload, item, replaced)
    ]


async def missing(cluster: Client, wanted: Mapping[str, Names], *, used: bool) -> list[str]:
    """The claims, as `namespace/name`, that workloads would get and that do not exist.

    Args:
        cluster: where they should be.
        wanted: by namespace, which claims take the place of which.
        used: only those that a workload would get now.
    """
    found = []
    for namespace, replaced in wanted.items():
        existing = await claim_names(cluster, namespace)
        gone = {old: new for old, new in replaced.items() if new.name not in existing}
        if gone and used:
            users = await workloads(cluster, namespace)
            gone = {old: new for old, new in gone.items() if _any_needs(users, {old: new})}
        found += [f"{namespace}/{new.name}" for new in gone.values()]
    return found


def _any_needs(users: Iterable[tuple[Workload, Object]], replaced: Names) -> bool:
    return any(need(workload, item, replaced) for workload, item in users)
