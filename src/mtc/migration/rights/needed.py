"""The list of rights: what the code of the controller does, by what a cluster is used for. Pure.

Whoever adds a request to a cluster adds its verb here; the stories fail with Forbidden otherwise. Rights on types of OpenShift
and KubeVirt are needed on other clusters too: an API server refuses a request before it says that it does not know the type.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from mtc.api import names
from mtc.api.migration.migplan import Action, MigPlan
from mtc.migration import plan_state

_READ = ("get", "list", "watch")
_CLAIMS, _STREAMS = "persistentvolumeclaims", "imagestreams"


class Use(Enum):
    """What a cluster is to a migration."""

    HOST = "host"
    SOURCE = "source"
    TARGET = "target"


class Where(Enum):
    """How far a right reaches."""

    CLUSTER = "cluster"
    TOOLKIT = "toolkit"
    APPLICATION = "application"
    CONFIG = "config"


@dataclass(frozen=True, order=True)
class Right:
    """Something that a token may do.

    Attributes:
        group: API group, "" for the core group.
        resource: plural name, with `/subresource` where that is meant.
        verbs: what may be done.
        names: of the objects it is limited to; empty for all.
    """

    group: str
    resource: str
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()

    @property
    def group_resource(self) -> str:
        """As people write it: `pods/exec`, `deployments.apps`."""
        return f"{self.resource}.{self.group}" if self.group else self.resource


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Rights by how far they reach.

    Attributes:
        cluster: in the whole cluster.
        toolkit: in the namespace of the toolkit.
        application: in each namespace of a plan.
        config: in namespaces with Secrets that people made for MigClusters and MigStorages.
    """

    cluster: tuple[Right, ...] = ()
    toolkit: tuple[Right, ...] = ()
    application: tuple[Right, ...] = ()
    config: tuple[Right, ...] = ()


@dataclass(frozen=True)
class _Line:
    where: Where
    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    uses: frozenset[Use]
    #: Only where the plan says so; by name, see `_wanted`.
    only: str = ""


_BOTH = frozenset({Use.SOURCE, Use.TARGET})
_SOURCE, _TARGET, _HOST = frozenset({Use.SOURCE}), frozenset({Use.TARGET}), frozenset({Use.HOST})
_VOLUMES, _MOVES, _LIVE, _HOOKS, _CONVERTS, _DIRECT = "volumes", "moves", "live", "hooks", "converts", "direct"
_IMAGES_DIRECT = "images directly"
_IMAGES = "images"
#: No plan needs it: a MigAnalytic tells itself what it may not count.
_ANALYSIS = "analysis"
#: As that: a rollback, or a canceled migration, tells itself what it may not delete.
_UNDOING = "undoing"
#: No plan needs it: people read the logs of all clusters through the tokens of MigClusters.
_LOGS = "logs"
#: As that: a migration that stands still tells the more about why.
_EVENTS = "events"

_LINES = (
    # Plans look for their namespaces, and stage Backups find theirs by a label.
    _Line(Where.CLUSTER, "", ("namespaces",), (*_READ, "patch"), _BOTH),
    # What a cluster serves is read again when one of these changes; kinds with a definition of their own are migrated with it.
    _Line(Where.CLUSTER, "apiextensions.k8s.io", ("customresourcedefinitions",), ("list", "watch"), _BOTH),
    _Line(Where.CLUSTER, "apiregistration.k8s.io", ("apiservices",), ("list", "watch"), _BOTH),
    # Stage pods are found by their label, wherever they are.
    _Line(Where.CLUSTER, "", ("pods",), ("list", "watch"), _BOTH),
    _Line(Where.CLUSTER, "", ("persistentvolumes",), (*_READ, "patch"), _BOTH, only=_VOLUMES),
    _Line(Where.CLUSTER, "storage.k8s.io", ("storageclasses",), ("list", "watch"), _BOTH),
    _Line(Where.CLUSTER, "kubevirt.io", ("kubevirts",), ("list", "watch"), _BOTH, only=_LIVE),
    # The engine's objects, and what it and the plan's locations need.
    _Line(Where.TOOLKIT, "", ("secrets",), (*_READ, "create", "patch", "delete"), _BOTH),
    _Line(Where.TOOLKIT, "", ("configmaps",), _READ, _BOTH),
    _Line(Where.TOOLKIT, "", ("pods",), ("list", "watch", "delete"), _BOTH),
    # Exec over WebSocket is a GET; newer API servers want `create` as well.
    _Line(Where.TOOLKIT, "", ("pods/exec",), ("get", "create"), _TARGET, only=_MOVES),
    _Line(Where.TOOLKIT, "apps", ("deployments", "daemonsets"), _READ, _BOTH),
    _Line(Where.TOOLKIT, names.VELERO_GROUP, ("backups", "restores"), (*_READ, "create", "delete"), _BOTH),
    _Line(
        Where.TOOLKIT,
        names.VELERO_GROUP,
        ("backupstoragelocations", "volumesnapshotlocations"),
        (*_READ, "create", "patch", "delete"),
        _BOTH,
    ),
    _Line(Where.TOOLKIT, names.VELERO_GROUP, ("podvolumebackups", "podvolumerestores"), ("list", "watch", "patch", "delete"), _BOTH),
    _Line(Where.TOOLKIT, names.VELERO_GROUP, ("backuprepositories",), ("list", "watch", "create", "patch"), _BOTH),
    _Line(Where.TOOLKIT, names.VELERO_GROUP, ("deletebackuprequests",), ("list", "watch", "create"), _BOTH),
    # Applications: stopping and starting them, holding their volumes, marking what the stage Backup takes.
    _Line(Where.APPLICATION, "", ("pods",), ("get", "create", "patch", "delete"), _SOURCE),
    _Line(Where.APPLICATION, "", ("pods",), ("patch", "delete"), _TARGET),
    _Line(Where.APPLICATION, "", (_CLAIMS,), (*_READ, "patch"), _BOTH, only=_VOLUMES),
    _Line(Where.APPLICATION, "", ("serviceaccounts",), ("list", "patch"), _BOTH),
    _Line(Where.APPLICATION, "", ("limitranges",), ("list", "watch"), _BOTH, only=_VOLUMES),
    _Line(Where.APPLICATION, "", ("resourcequotas",), ("list", "watch"), _TARGET, only=_VOLUMES),
    _Line(Where.APPLICATION, "", ("replicationcontrollers",), ("list", "watch"), _BOTH),
    _Line(Where.APPLICATION, "apps", ("deployments", "statefulsets", "daemonsets", "replicasets"), (*_READ, "patch"), _BOTH),
    _Line(Where.APPLICATION, "apps.openshift.io", ("deploymentconfigs",), (*_READ, "patch"), _BOTH),
    _Line(Where.APPLICATION, "batch", ("jobs", "cronjobs"), (*_READ, "patch"), _BOTH),
    _Line(Where.APPLICATION, "kubevirt.io", ("virtualmachines",), (*_READ, "patch"), _BOTH),
    _Line(Where.APPLICATION, "kubevirt.io", ("virtualmachineinstances",), ("list", "watch"), _BOTH),
    # A conversion of storage makes anew what cannot be changed.
    _Line(Where.APPLICATION, "apps", ("statefulsets",), ("create", "delete"), _BOTH, only=_CONVERTS),
    _Line(Where.APPLICATION, "batch", ("jobs",), ("create", "delete"), _BOTH, only=_CONVERTS),
    # Direct copies of volumes: pods that send and receive, their keys, and a way into the target.
    _Line(Where.APPLICATION, "", ("secrets",), ("create", "delete"), _BOTH, only=_DIRECT),
    _Line(Where.APPLICATION, "", ("pods/log",), ("get",), _SOURCE, only=_DIRECT),
    _Line(Where.APPLICATION, "", ("pods",), ("get", "create"), _TARGET, only=_DIRECT),
    _Line(Where.APPLICATION, "", ("services",), ("list", "watch", "create", "delete"), _TARGET, only=_DIRECT),
    _Line(Where.APPLICATION, "route.openshift.io", ("routes",), ("list", "watch", "create", "delete"), _TARGET, only=_DIRECT),
    _Line(Where.APPLICATION, "route.openshift.io", ("routes/custom-host",), ("create",), _TARGET, only=_DIRECT),
    _Line(Where.APPLICATION, "", (_CLAIMS,), ("create",), _TARGET, only=_DIRECT),
    _Line(Where.CLUSTER, "", ("namespaces",), ("create",), _TARGET, only=_DIRECT),
    _Line(Where.CLUSTER, "", ("nodes",), ("list",), _TARGET, only=_DIRECT),
    _Line(Where.CLUSTER, "config.openshift.io", ("ingresses",), ("get",), _TARGET, only=_DIRECT),
    # Direct copies of images: what there is, and where it goes to. In registries the token of the MigCluster counts, as its cluster says.
    _Line(Where.APPLICATION, "image.openshift.io", ("imagestreams",), ("get", "list"), _SOURCE, only=_IMAGES_DIRECT),
    _Line(Where.APPLICATION, "image.openshift.io", ("imagestreams/layers",), ("get",), _SOURCE, only=_IMAGES_DIRECT),
    _Line(Where.APPLICATION, "image.openshift.io", ("imagestreams/layers",), ("get", "update"), _TARGET, only=_IMAGES_DIRECT),
    _Line(Where.APPLICATION, "image.openshift.io", ("imagestreams",), ("create",), _TARGET, only=_IMAGES_DIRECT),
    _Line(Where.CLUSTER, "", ("namespaces",), ("create",), _TARGET, only=_IMAGES_DIRECT),
    # Registries through which images travel, and the streams of these.
    _Line(Where.TOOLKIT, "apps", ("deployments",), ("create", "patch", "delete"), _BOTH, only=_IMAGES),
    _Line(Where.TOOLKIT, "", ("services",), ("list", "create", "patch", "delete"), _BOTH, only=_IMAGES),
    _Line(Where.APPLICATION, "image.openshift.io", ("imagestreams",), ("list", "patch"), _BOTH, only=_IMAGES),
    # Counting images, and measuring volumes in the pods of node agents.
    _Line(Where.APPLICATION, "image.openshift.io", ("imagestreams",), ("list",), _SOURCE, only=_ANALYSIS),
    _Line(Where.CLUSTER, "image.openshift.io", ("images",), ("get",), _SOURCE, only=_ANALYSIS),
    _Line(Where.TOOLKIT, "", ("pods/exec",), ("get", "create"), _SOURCE, only=_ANALYSIS),
    _Line(Where.TOOLKIT, "", ("pods/log",), ("get",), _BOTH, only=_LOGS),
    # Those of stage pods and hooks.
    _Line(Where.APPLICATION, "", ("pods/log",), ("get",), _BOTH, only=_LOGS),
    _Line(Where.APPLICATION, "", ("events",), ("list",), _BOTH, only=_EVENTS),
    # Why pods of our own are not made stands on their ReplicaSets.
    _Line(Where.TOOLKIT, "", ("events",), ("list",), _BOTH, only=_EVENTS),
    _Line(Where.TOOLKIT, "apps", ("replicasets",), ("list",), _BOTH, only=_EVENTS),
    # Hooks run as Jobs in namespaces that the plan names; where these are not its own, what is missing is told when a hook begins.
    _Line(Where.APPLICATION, "batch", ("jobs",), (*_READ, "create", "delete"), _BOTH, only=_HOOKS),
    _Line(Where.APPLICATION, "", ("configmaps",), ("list", "create", "delete"), _BOTH, only=_HOOKS),
    _Line(Where.APPLICATION, "", ("serviceaccounts",), ("get",), _BOTH, only=_HOOKS),
    # Undoing a migration: whatever kinds the application has are deleted again. No plan needs it to become ready.
    _Line(Where.APPLICATION, "*", ("*",), ("list", "watch", "delete", "deletecollection"), _TARGET, only=_UNDOING),
    _Line(Where.CLUSTER, "", ("persistentvolumes",), ("delete",), _TARGET, only=_UNDOING),
    # What only the cluster of the Mig* objects needs.
    _Line(Where.CLUSTER, names.MIGRATION_GROUP, ("migplans",), ("list",), _HOST),
    _Line(Where.CLUSTER, "", ("namespaces",), ("get",), _HOST),
    # The image registry of OpenShift is found through an ImageStream of its namespace `openshift`.
    _Line(Where.CLUSTER, "image.openshift.io", ("imagestreams",), ("list",), _HOST),
    _Line(
        Where.TOOLKIT,
        names.MIGRATION_GROUP,
        (
            "migclusters",
            "migstorages",
            "migplans",
            "migmigrations",
            "mighooks",
            "miganalytics",
            "migrationcontrollers",
            "directvolumemigrations",
            "directvolumemigrationprogresses",
            "directimagemigrations",
            "directimagestreammigrations",
        ),
        (*_READ, "create", "update", "patch", "delete"),
        _HOST,
    ),
    # The keys of direct copies.
    _Line(Where.TOOLKIT, "", ("secrets",), ("create", "delete"), _HOST),
    _Line(Where.TOOLKIT, "", ("events",), ("create",), _HOST),
    _Line(Where.TOOLKIT, "", ("secrets", "configmaps"), _READ, _HOST),
    # The full result of a dry run.
    _Line(Where.TOOLKIT, "", ("configmaps",), ("create", "patch"), _HOST),
    _Line(Where.CONFIG, "", ("secrets",), _READ, _HOST),
)


#: Where OpenShift tells the host its own image registry if no ImageStream does, by namespace: OpenShift 3 with a Service, later ones in the
#: settings of their API server. The second namespace is there on such clusters only.
REGISTRY_SERVICE = ("default", Right("", "services", ("get",), names=("docker-registry",)))
REGISTRY_SETTINGS = ("openshift-apiserver", Right("", "configmaps", ("get",), names=("config",)))


def of(*uses: Use) -> Needs:
    """Everything that is needed on a cluster that is all of this."""
    return _needs(_LINES, frozenset(uses))


def of_dry_run() -> tuple[Right, ...]:
    """What a dry run asks of namespaces beside that: it reads all kinds as the engine does, and asks the target about each write.

    An API server judges a dry run by the same rights as the write itself, so nobody has these unless they are granted.
    """
    return (Right("*", "*", ("get", "list", "create", "patch")),)


def of_any_cluster() -> Needs:
    """What is needed on a cluster whatever plans use it for: outside of applications, and in both directions."""
    wanted = [line for line in _LINES if line.uses >= _BOTH and not line.only and line.where is not Where.APPLICATION]
    return _needs(wanted, _BOTH)


def of_plan(plan: MigPlan, use: Use, *, excluded: Iterable[str]) -> Needs:
    """What a plan needs on a cluster.

    Args:
        plan: the plan.
        use: what the cluster is to it.
        excluded: resources that are not migrated.
    """
    wanted = _wanted(plan, frozenset(excluded))
    return _needs([line for line in _LINES if not line.only or line.only in wanted], frozenset({use}))


def _wanted(plan: MigPlan, excluded: frozenset[str]) -> set[str]:
    found = set()
    if _CLAIMS not in excluded:
        found.add(_VOLUMES)
        if any(volume.selection.action == Action.MOVE for volume in plan.spec.persistent_volumes):
            found.add(_MOVES)
        if not plan.spec.indirect_volume_migration and any(volume.is_by_files for volume in plan.spec.persistent_volumes):
            found.add(_DIRECT)
    if _converts(plan):
        found.add(_CONVERTS)
    if plan.spec.hooks:
        found.add(_HOOKS)
    if plan.spec.live_migrate:
        found.add(_LIVE)
    if _STREAMS not in excluded:
        found.add(_IMAGES if plan.spec.indirect_image_migration else _IMAGES_DIRECT)
    return found


def _converts(plan: MigPlan) -> bool:
    """Whether the plan converts storage: by its own words, or as far as it says so by itself before anybody has looked at it."""
    if plan_state.mapping_of(plan) is not plan_state.Mapping.NONE:
        return False
    return plan_state.is_conversion(plan.status.conditions) or plan.spec.src_mig_cluster_ref == plan.spec.dest_mig_cluster_ref


def _needs(lines: Iterable[_Line], uses: frozenset[Use]) -> Needs:
    found: dict[Where, dict[tuple[str, str], dict[str, None]]] = {where: {} for where in Where}
    for line in lines:
        if line.uses & uses:
            for resource in line.resources:
                found[line.where].setdefault((line.group, resource), {}).update(dict.fromkeys(line.verbs))
    return Needs(**{where.value: _rights(entries) for where, entries in found.items()})


def _rights(entries: dict[tuple[str, str], dict[str, None]]) -> tuple[Right, ...]:
    return tuple(Right(group, resource, tuple(verbs)) for (group, resource), verbs in entries.items())
