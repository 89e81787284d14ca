"""Checks of a MigCluster, and what they look at."""

from dataclasses import dataclass

from mtc.api.migration.migcluster import MigCluster
from mtc.kube.client import Client, Object
from mtc.migration import errors
from mtc.migration.settings import ClusterSettings


@dataclass(frozen=True)
class Scope:
    """What was read before the checks of a MigCluster.

    Attributes:
        cluster: the MigCluster.
        secret: the Secret that it names, None where that does not exist.
        client: for the cluster itself, None where the description gives none.
        trouble: why the cluster could not be reached, None where it was.
        settings: of the cluster; None where it was not reached.
        host_version: operator version of the host cluster, "" where unknown.
        namespace: where the toolkit lives on every cluster.
        misread: sentences about settings of the cluster that could not be understood.
    """

    cluster: MigCluster
    secret: Object | None
    client: Client | None
    trouble: errors.ConnectFailed | None
    settings: ClusterSettings | None
    host_version: str
    namespace: str
    misread: tuple[str, ...] = ()

    @property
    def is_remote(self) -> bool:
        """Whether the cluster is described by URL and token."""
        return not self.cluster.spec.is_host_cluster
