"""Checks of a MigPlan before its volumes are looked for, and what they look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mtc.api import base, common, conditions, names
from mtc.api.conditions import Condition
from mtc.api.migration.mighook import MigHook
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan
from mtc.api.migration.migstorage import MigStorage
from mtc.kube.client import Object
from mtc.migration import sides
from mtc.migration.rights.reviews import Missing
from mtc.migration.settings import ClusterSettings, Settings
from mtc.migration.sides import Side
from mtc.migration.volumes.capacity import Analysis


@dataclass(frozen=True, kw_only=True)
class Kinds:
    """What the clusters serve, where that was looked for.

    Attributes:
        unknown: entries of `spec.includedResources` that the source does not know.
        incompatible: source namespaces with the kinds in them that the target does not serve, as in the plan's status.
        unlisted: rights that were missing to look for objects of such kinds in the source.
    """

    unknown: tuple[str, ...] = ()
    incompatible: tuple[Object, ...] = ()
    unlisted: tuple[Missing, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """What the plan may not do on a cluster.

    Attributes:
        cluster: name of the MigCluster.
        user: whose rights these are, as the cluster knows it; "" where it does not tell.
        missing: the rights.
        manifest: roles and bindings that grant exactly them, as YAML.
    """

    cluster: str
    user: str
    missing: tuple[Missing, ...]
    manifest: str


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What was read before the checks of a MigPlan.

    Attributes:
        plan: the plan.
        settings: of the controller.
        namespace: where the toolkit lives on every cluster.
        source, target: the clusters, as far as they can be reached.
        storage: the MigStorage, None where it does not exist.
        others: all other plans.
        migrations: of this plan, the newest first.
        source_namespaces, target_namespaces: the namespaces of the plan by name, None for one that does not exist; empty
            where the cluster could not be asked.
        pods: of the source namespaces.
        unhealthy: the source namespaces with unhealthy pods, these by workload.
        hooks: the MigHooks that the plan names, None for one that does not exist.
        type: the condition that says which type of migration the plan is limited to.
        serves_images: whether the source has ImageStreams at all.
        serves_routes: whether the target has Routes at all.
        target_settings: from the ConfigMap of the target.
        kinds: what was found out about served kinds.
        source_proxies, target_proxies: the Secrets that say which proxy image registries use.
        kubevirts: the KubeVirt objects by cluster, where virtual machines are to be moved while they run.
        analysis: of how full the volumes are, None where there is none.
        lacking: rights that are missing; where there are any, the clusters were not asked for anything else.
    """

    plan: MigPlan
    settings: Settings
    namespace: str
    source: Side
    target: Side
    storage: MigStorage | None = None
    others: tuple[MigPlan, ...] = ()
    migrations: tuple[MigMigration, ...] = ()
    source_namespaces: Mapping[str, Object | None] = field(default_factory=dict)
    target_namespaces: Mapping[str, Object | None] = field(default_factory=dict)
    pods: tuple[Object, ...] = ()
    unhealthy: tuple[common.UnhealthyNamespace, ...] = ()
    hooks: Mapping[base.Ref, MigHook | None] = field(default_factory=dict)
    type: Condition | None = None
    serves_images: bool = False
    serves_routes: bool = False
    target_settings: ClusterSettings | None = None
    kinds: Kinds = field(default_factory=Kinds)
    source_proxies: tuple[Object, ...] = ()
    target_proxies: tuple[Object, ...] = ()
    kubevirts: Mapping[str, tuple[Object, ...]] = field(default_factory=dict)
    analysis: Analysis | None = None
    lacking: tuple[Lacking, ...] = ()

    @property
    def ref(self) -> base.Ref:
        """Namespace and name of the plan, for messages."""
        return self.plan.ref

    @property
    def mappings(self) -> list[names.NamespaceMapping]:
        """The namespaces, without entries that are no mapping."""
        return parsed_mappings(self.plan)

    @property
    def is_one_cluster(self) -> bool:
        """Whether source and target are the same cluster."""
        return sides.is_one_cluster(self.source, self.target)

    @property
    def is_conversion(self) -> bool:
        """Whether the plan converts storage."""
        return self.type is not None and self.type.reason == conditions.STORAGE_CONVERSION_PLAN

    @property
    def migrates_namespaces_only(self) -> bool:
        """Whether the plan is limited to whole namespaces."""
        return self.type is not None and self.type.reason == conditions.NAMESPACE_MIGRATION_PLAN


def parsed_mappings(plan: MigPlan) -> list[names.NamespaceMapping]:
    """The namespaces of a plan, without entries that are no mapping."""
    found = []
    for entry in plan.spec.namespaces:
        try:
            found.append(names.parse_namespace_mapping(entry))
        except names.InvalidMapping:
            continue
    return found
