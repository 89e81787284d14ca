"""Where settings come from: the MigrationController, a ConfigMap, the environment; and the holder from which passes take them.

What the keys are, and how values are read and joined, is in `mtc.api.settings`. Nothing here fails because of a bad value: it
is told (see `reconcile_settings`), and the next place in line holds.
"""

from collections.abc import Mapping
from typing import Any

from mtc.api import names
from mtc.api.settings import read
from mtc.api.settings.model import ClusterSettings, Settings
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

__all__ = ["MIGRATION_CONTROLLERS", "ClusterSettings", "Live", "Settings", "of_cluster", "source"]

MIGRATION_CONTROLLERS = resources.migration("migrationcontrollers", "MigrationController")


class Live:
    """The settings of a running controller; a pass takes what is current when it begins.

    Args:
        environment: variables of the process; the lowest place.

    Attributes:
        current: of the installation.
        host: of the host cluster.
        version: counts the changes.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.environment = read.Source("environment of the controller", environment or {}, is_env=True, is_ours=False)
        self.current = read.read(Settings, [self.environment]).settings
        self.host = ClusterSettings()
        self.version = 0

    def become(self, current: Settings, host: ClusterSettings) -> list[str]:
        """Takes settings over; the names of those of the installation and of the host that differ from before."""
        pairs: list[tuple[Settings | ClusterSettings, Settings | ClusterSettings]] = [(self.current, current), (self.host, host)]
        changed = [name for old, new in pairs for name in type(new).model_fields if getattr(old, name) != getattr(new, name)]
        if changed:
            self.current, self.host = current, host
            self.version += 1
        return changed


def source(kind: ResourceType, item: Object | None) -> read.Source:
    """The settings in a MigrationController or a ConfigMap; none where there is no such object."""
    if item is None:
        return read.Source(kind.kind, {})
    is_env = kind == resources.CONFIG_MAPS
    values: Any = item.get("data" if is_env else "spec")
    meta = item["metadata"]
    return read.Source(f"{kind.kind} {meta['namespace']}/{meta['name']}", values if isinstance(values, dict) else {}, is_env=is_env)


async def of_cluster(cluster: Client, *, namespace: str) -> ClusterSettings:
    """The settings of a cluster; defaults where it has none. Raises KubeError."""
    return (await reading_of_cluster(cluster, namespace=namespace)).settings


async def reading_of_cluster(cluster: Client, *, namespace: str) -> read.Reading[ClusterSettings]:
    """The settings of a cluster, and what of them could not be understood. Raises KubeError."""
    config = await cluster.find(resources.CONFIG_MAPS, names.CLUSTER_CONFIG_MAP, namespace=namespace)
    try:
        controller = await cluster.find(MIGRATION_CONTROLLERS, names.CONTROLLER_NAME, namespace=namespace)
    except errors.Forbidden:
        controller = None  # the ConfigMap is enough for whoever may not read more
    return read.read(ClusterSettings, [source(resources.CONFIG_MAPS, config), source(MIGRATION_CONTROLLERS, controller)])
