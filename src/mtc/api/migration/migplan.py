"""MigPlan: which namespaces and volumes are migrated, from where, to where, and how."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, WithJsonSchema

from mtc.api import base, common, names
from mtc.api.conditions import Condition


class Action(StrEnum):
    """What happens to a volume."""

    COPY = "copy"
    MOVE = "move"
    SKIP = "skip"


class CopyMethod(StrEnum):
    """How the data of a volume are copied."""

    FILESYSTEM = "filesystem"
    BLOCK = "block"
    SNAPSHOT = "snapshot"


class HookPhase(StrEnum):
    """When a hook runs."""

    PRE_BACKUP = "PreBackup"
    POST_BACKUP = "PostBackup"
    PRE_RESTORE = "PreRestore"
    POST_RESTORE = "PostRestore"


AUTO = "auto"  # accessMode and volumeMode: let the storage profile of the target decide


# The limits let the server estimate what the rules cost; what etcd can store stays below them, and so do Kubernetes' names.
_MOST_NAMESPACES = 10_000
_MOST_VOLUMES = 6_000
_LONGEST_MAPPING = 512


def _mapping(what: str, *, may_be_empty: bool = False) -> WithJsonSchema:
    form = "^([^:]+:?[^:]*)?$" if may_be_empty else "^[^:]+:?[^:]*$"
    rule = base.Rule(
        f"self.matches('{form}')", f"this is no {what}: write `name`, or `source:target` to give it another name in the target"
    )
    return WithJsonSchema({"type": "string", "maxLength": _LONGEST_MAPPING, **base.rules(rule)})


_SELECTOR_IS_SOUND = (
    "!has(self.labelSelector) || dyn(self.labelSelector) == null || !has(self.labelSelector.matchExpressions)"
    " || dyn(self.labelSelector.matchExpressions) == null || self.labelSelector.matchExpressions.all(one,"
    " (one.operator in ['In', 'NotIn'] && has(one.values) && dyn(one.values) != null && one.values.size() > 0)"
    " || (one.operator in ['Exists', 'DoesNotExist'] && (!has(one.values) || dyn(one.values) == null || one.values.size() == 0)))"
)


class PlanHook(base.Model):
    """A hook and when, where and as whom it runs."""

    reference: common.ObjectReference = Field(description="The MigHook.")
    phase: str = Field(description="PreBackup, PostBackup, PreRestore or PostRestore; at most one hook for each.")
    execution_namespace: str = Field(description="Namespace in which the hook's Job runs.")
    service_account: str = Field(description="Service account that the hook's Job runs as.")


class GroupKind(base.Model):
    """A kind of object, whatever its version."""

    group: str = Field(default="", description="API group, empty for the core group.", json_schema_extra=base.REQUIRED)
    kind: str = Field(description="Kind.")


class PvSupported(base.Model):
    """What can be chosen for a volume."""

    actions: list[str] = Field(default_factory=list, description="Out of copy, move, skip.")
    copy_methods: list[str] = Field(default_factory=list, description="Out of filesystem, block, snapshot.")


class PvSelection(base.Model):
    """What was chosen for a volume; discovery leaves it alone."""

    action: str = Field(default="", description="copy, move or skip.")
    storage_class: str = Field(default="", description="Storage class in the target cluster.")
    access_mode: str = Field(default="", description="Access mode in the target cluster; empty keeps the modes of the source.")
    copy_method: str = Field(default="", description="filesystem, block or snapshot; for action copy.")
    verify: bool = Field(default=False, description="Compare checksums after the copy.")


class PlanPvc(base.Model):
    """The claim that is bound to a volume."""

    namespace: str = Field(default="", description="Namespace in the source cluster.")
    name: Annotated[str, _mapping("claim", may_be_empty=True)] = Field(
        default="", description="Name, or `source:target` to give the claim another name."
    )
    access_modes: list[str] = Field(default_factory=list, description="Access modes of the claim.")
    volume_mode: str = Field(default="", description="Filesystem or Block; auto lets the target decide.")
    has_reference: bool = Field(default=False, description="Whether a pod or a pod template mounts the claim.")
    owner_type: str = Field(default="", description="Kind of workload that mounts the claim, or Unknown.")

    @property
    def mapping(self) -> names.PvcMapping:
        """Name in the source and in the target."""
        return names.parse_pvc_mapping(self.name)


class PlanPv(base.Model):
    """A volume that discovery found, and what is to happen to it."""

    name: str = Field(default="", description="Name of the PersistentVolume in the source cluster.")
    capacity: base.Quantity | None = Field(default=None, description="Capacity of the volume.")
    storage_class: str = Field(default="", description="Storage class in the source cluster.")
    supported: PvSupported = Field(default_factory=PvSupported, description="What can be chosen.")
    selection: PvSelection = Field(default_factory=PvSelection, description="What was chosen.")
    pvc: PlanPvc = Field(default_factory=PlanPvc, description="The claim that is bound to the volume.")
    capacity_confirmed: bool = Field(default=False, description="Whether the proposed capacity was accepted.")
    proposed_capacity: base.Quantity | None = Field(default=None, description="Capacity that the analysis advises for the target.")

    @property
    def is_by_files(self) -> bool:
        """Whether its files are copied into a new volume."""
        return self.selection.action == Action.COPY and self.selection.copy_method == CopyMethod.FILESYSTEM

    @property
    def confirmed_capacity(self) -> str:
        """The size that a person wants its copy to have at least; "" for that of the source."""
        return str(self.proposed_capacity) if self.capacity_confirmed and self.proposed_capacity is not None else ""


class MigPlanSpec(base.Model):
    """What is migrated, from where, to where, and how."""

    model_config = ConfigDict(
        json_schema_extra=base.rules(
            base.Rule(
                f"!{base.is_true('closed', of='oldSelf')} || {base.is_true('closed')}",
                "a closed plan cannot be opened again, because what was made for it is gone: create another MigPlan",
            ),
            base.Rule(_SELECTOR_IS_SOUND, "labelSelector: use the operators In and NotIn with values, Exists and DoesNotExist without"),
        )
    )

    persistent_volumes: list[PlanPv] = Field(
        default_factory=list, description="Volumes of the namespaces; filled by discovery.", json_schema_extra={"maxItems": _MOST_VOLUMES}
    )
    namespaces: list[Annotated[str, _mapping("namespace")]] = Field(
        default_factory=list,
        description="Namespaces to migrate: `name`, or `source:target`.",
        json_schema_extra={"maxItems": _MOST_NAMESPACES},
    )
    src_mig_cluster_ref: common.ObjectReference | None = Field(default=None, description="MigCluster to migrate from.")
    dest_mig_cluster_ref: common.ObjectReference | None = Field(default=None, description="MigCluster to migrate to.")
    mig_storage_ref: common.ObjectReference | None = Field(default=None, description="MigStorage through which data travel.")
    closed: bool = Field(default=False, description="End the plan and delete what was made for it in the clusters.")
    hooks: list[PlanHook] = Field(default_factory=list, description="Hooks that run during a migration.")
    refresh: bool = Field(default=False, description="Check the plan and look for volumes again now; goes back to false by itself.")
    indirect_image_migration: bool = Field(default=False, description="Copy images through the replication repository.")
    indirect_volume_migration: bool = Field(default=False, description="Copy volumes through the replication repository.")
    included_resources: list[GroupKind] = Field(default_factory=list, description="Kinds to migrate; empty means all.")
    label_selector: common.LabelSelector | None = Field(default=None, description="Labels of the objects to migrate.")
    live_migrate: bool | None = Field(default=None, description="Move the storage of running virtual machines without stopping them.")


class IncompatibleGvk(base.Model):
    """A kind that the target cluster does not serve."""

    group: str = Field(default="", description="API group.")
    version: str = Field(default="", description="API version.")
    kind: str = Field(default="", description="Plural name of the resource, in lower case.")


class IncompatibleNamespace(base.Model):
    """A namespace with objects that the target cluster does not know."""

    name: str = Field(default="", description="Name of the namespace.")
    gvks: list[IncompatibleGvk] = Field(default_factory=list, description="What the target cluster does not serve.")


class VolumeAccessModes(base.Model):
    """Access modes of a storage class for one volume mode."""

    volume_mode: str | None = Field(default=None, description="Filesystem or Block.")
    access_modes: list[str] = Field(default_factory=list, description="Access modes.")


class PlanStorageClass(base.Model):
    """A storage class of a cluster."""

    name: str = Field(default="", description="Name of the storage class.")
    provisioner: str = Field(default="", description="Provisioner of the storage class.")
    default: bool = Field(default=False, description="Whether claims without a class get this one.")
    volume_access_modes: list[VolumeAccessModes] = Field(default_factory=list, description="What volumes of the class can do.")


class MissingPermission(base.Model):
    """Something that the plan may not do."""

    namespace: str = Field(default="", description="Namespace in which it is needed; empty for the whole cluster.")
    group: str = Field(default="", description="API group, empty for the core group.")
    resource: str = Field(default="", description="Plural name of the resource, with `/subresource` where that is meant.")
    verbs: list[str] = Field(default_factory=list, description="What may not be done.")


class MissingPermissions(base.Model):
    """What the plan may not do on a cluster."""

    cluster: str = Field(default="", description="Name of the MigCluster.")
    user: str = Field(default="", description="Whose rights these are, as the cluster knows the user; empty where it does not tell.")
    permissions: list[MissingPermission] = Field(default_factory=list, description="The rights that are missing.")
    manifest: str = Field(default="", description="Roles and bindings, as YAML, that grant exactly these rights.")


class MigPlanStatus(base.Model):
    """What is known of the plan."""

    conditions: list[Condition] = Field(default_factory=list, description="What holds for the plan.")
    namespaces: list[common.UnhealthyNamespace] = Field(default_factory=list, description="Namespaces with unhealthy pods in the source.")
    incompatible_namespaces: list[IncompatibleNamespace] = Field(
        default_factory=list, description="Namespaces with objects that the target does not know."
    )
    missing_permissions: list[MissingPermissions] = Field(
        default_factory=list, description="What the plan needs to do and may not, for each cluster on which something is missing."
    )
    suffix: str | None = Field(default=None, description="Four random characters for claims that need a new name; made once.")
    observed_digest: str | None = Field(default=None, description="Digest of the spec that was last reconciled.")
    excluded_resources: list[str] = Field(default_factory=list, description="Resources that are not migrated.")
    src_storage_classes: list[PlanStorageClass] = Field(default_factory=list, description="Storage classes of the source cluster.")
    dest_storage_classes: list[PlanStorageClass] = Field(default_factory=list, description="Storage classes of the target cluster.")


class MigPlan(base.Resource):
    """A plan: what is migrated, from where, to where, and how. Migrations run it."""

    KIND: ClassVar[base.Kind] = base.migration_kind(
        "MigPlan",
        "migplans",
        base.READY_COLUMN,
        base.Column("Source", ".spec.srcMigClusterRef.name"),
        base.Column("Target", ".spec.destMigClusterRef.name"),
        base.Column("Storage", ".spec.migStorageRef.name"),
        base.AGE,
    )
    spec: MigPlanSpec = Field(default_factory=MigPlanSpec, description="What is migrated, from where, to where, and how.")
    status: MigPlanStatus = Field(default_factory=MigPlanStatus, description="What is known of the plan.")

    @property
    def namespace_mappings(self) -> list[names.NamespaceMapping]:
        """The namespaces with their names in source and target, in the order of the spec."""
        return [names.parse_namespace_mapping(entry) for entry in self.spec.namespaces]
