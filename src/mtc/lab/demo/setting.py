"""What all steps of the demo know: the lab, a client of each cluster, and the names of everything that the demo makes."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from mtc.api import names
from mtc.kube import access, client
from mtc.kube.client import Client
from mtc.lab import programs

#: The shop's namespace, in both clusters.
SHOP = "shop"
PLAN = "shop-mig-plan"
STORAGE = "lab-repository"
REMOTE = "source"
#: Where all custom resources of the toolkit live.
TOOLKIT = names.MIGRATION_NAMESPACE
HOST = names.HOST_CLUSTER_NAME
PROMOTIONS = "promotions.shop.example.com"

_KUBECTL_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The lab as the demo sees it.

    Attributes:
        lab: its name.
        values: its variables, as `mtc lab env` prints them.
        source: client of the cluster where the shop is.
        target: client of the cluster where the shop is to be, which is also the host of the controller.
    """

    lab: str
    values: Mapping[str, str]
    source: Client
    target: Client

    @property
    def clusters(self) -> tuple[Client, Client]:
        """Source and target."""
        return self.source, self.target

    def kubeconfig(self, cluster: Client) -> str:
        """The kubeconfig file of one of the clusters."""
        return self.values["MTC_LAB_SOURCE_KUBECONFIG" if cluster is self.source else "MTC_LAB_TARGET_KUBECONFIG"]

    async def kubectl(self, cluster: Client, *arguments: str, stdin: bytes | None = None, deadline_s: float = _KUBECTL_S) -> str:
        """What kubectl prints."""
        argv = [self.values["MTC_LAB_KUBECTL"], f"--kubeconfig={self.kubeconfig(cluster)}", *arguments]
        return await programs.run(argv, stdin=stdin, deadline_s=deadline_s)


@contextlib.asynccontextmanager
async def opened(lab: str, values: Mapping[str, str]) -> AsyncIterator[Setting]:
    """The setting, with clients that are closed at the end."""
    async with (
        client.Client(access.from_kubeconfig(values["MTC_LAB_SOURCE_KUBECONFIG"]), name="source") as source,
        client.Client(access.from_kubeconfig(values["MTC_LAB_TARGET_KUBECONFIG"]), name="target") as target,
    ):
        yield Setting(lab=lab, values=values, source=source, target=target)
