"""The two clusters of a plan, as far as they can be reached now."""

import contextlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from mtc.api import base, common, conditions
from mtc.api.migration.migcluster import MigCluster
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.migration import errors, parallel
from mtc.migration.clusters import Clusters


@dataclass(frozen=True)
class Side:
    """One cluster of a plan.

    Attributes:
        ref: the MigCluster that the plan names, None where it names none.
        cluster: that MigCluster, None where it does not exist.
        client: for the cluster; only where the MigCluster is Ready.
    """

    ref: base.Ref | None = None
    cluster: MigCluster | None = None
    client: Client | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the MigCluster is Ready."""
        return self.cluster is not None and conditions.is_ready(self.cluster.status.conditions)

    @property
    def name(self) -> str:
        """For messages."""
        return self.ref.name if self.ref else ""


async def open_side(reference: common.ObjectReference | None, clusters: Clusters) -> Side:
    """The cluster that a plan names, with a client where it is Ready."""
    if reference is None or not reference.is_set:
        return Side()
    try:
        cluster = await clusters.read(reference.ref)
    except errors.ClusterNotFound:
        return Side(reference.ref)
    side = Side(reference.ref, cluster)
    if not side.is_ready:
        return side
    try:
        return Side(reference.ref, cluster, await clusters.open(cluster))
    except errors.ClusterUnusable:
        # Its description went bad a moment ago; the pass over the MigCluster tells it.
        return side


def is_one_cluster(source: Side, target: Side) -> bool:
    """Whether source and target are the same cluster: one MigCluster, or two of one API server."""
    if source.cluster is None or target.cluster is None:
        return False
    return source.ref == target.ref or are_one(source.cluster, target.cluster)


def are_one(source: MigCluster, target: MigCluster) -> bool:
    """Whether two MigClusters describe the same API server."""
    return _server(source) == _server(target)


async def described_as_one(host: Client, source: base.Ref, target: base.Ref) -> bool:
    """Whether two MigClusters, as they are now, describe the same API server."""
    found = await parallel.gather(host.find(resources.MIG_CLUSTERS, ref.name, namespace=ref.namespace) for ref in (source, target))
    described = [MigCluster.from_dict(item) for item in found if item]
    return len(described) == len(found) and are_one(*described)


def _server(cluster: MigCluster) -> str:
    # All descriptions of the host cluster count as one: they have no URL. Another one without a URL is like no other.
    if cluster.spec.is_host_cluster:
        return ""
    with contextlib.suppress(ValueError):
        parts = urlsplit(cluster.spec.url)
        if parts.netloc:
            # Behind some proxies clusters differ in the path only.
            return f"{parts.netloc.lower()}{parts.path.rstrip('/')}"
    return f"?{cluster.ref}"
