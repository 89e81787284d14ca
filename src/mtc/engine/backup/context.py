"""What a running backup and its actions share."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mtc.api import names
from mtc.engine import listing, results, selection
from mtc.engine.image_streams import OwnRegistry
from mtc.kube import discovery, resources
from mtc.kube.client import Client, Object


@dataclass
class Context:
    """The state of one run.

    Attributes:
        cluster: where the objects are.
        backup: the Backup as it was when the run began.
        discovered: the types that the cluster serves.
        namespaces, types: what is selected.
        log, results: where to tell what happens.
        stored: names ("ns/name" or "name") of everything in the archive.
    """

    cluster: Client
    backup: Object
    discovered: discovery.Discovery
    namespaces: selection.Patterns
    types: selection.Resources
    log: results.RunLog
    results: results.Results
    stored: listing.Listing
    _bindings: "asyncio.Task[list[Object]] | None" = None

    @cached_property
    def image_registry(self) -> OwnRegistry:
        """The registry of the cluster."""
        return OwnRegistry(self.cluster)

    @property
    def spec(self) -> Mapping[str, Any]:
        """The Backup's spec."""
        return self.backup.get("spec") or {}

    def warn(self, place: str, message: str) -> None:
        """Tells of something that does not make the backup incomplete."""
        self.log.write("warning", message)
        self.results.warn(place, message)

    def fail(self, place: str, message: str) -> None:
        """Tells of something that is missing in the backup because of an error."""
        self.log.write("error", message)
        self.results.fail(place, message)

    async def cluster_role_bindings(self) -> list[Object]:
        """All ClusterRoleBindings, read once in a run."""
        if self._bindings is None:
            self._bindings = asyncio.ensure_future(self.cluster.list_all(resources.CLUSTER_ROLE_BINDINGS))
        return await self._bindings


async def excluded_namespaces(cluster: Client) -> list[str]:
    """Names of the namespaces that carry the label by which everything in them is left out of every backup. Raises KubeError."""
    selector = f"{names.EXCLUDE_FROM_BACKUP}=true"
    return [item["metadata"]["name"] for item in await cluster.list_all(resources.NAMESPACES, label_selector=selector)]
