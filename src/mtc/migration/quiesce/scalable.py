"""Deployment, DeploymentConfig, StatefulSet and ReplicaSet: stopped by scaling to 0."""

from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration.quiesce.workload import (
    Patch,
    Workload,
    annotations,
    has_controller,
    patch,
    pod_template,
)

_REPLICAS, _PAUSED = names.PRE_QUIESCE_REPLICAS, names.PRE_QUIESCE_PAUSED


def replicas(item: Object) -> int:
    """How many pods are wanted; unset means one."""
    wanted = (item.get("spec") or {}).get("replicas")
    return 1 if wanted is None else int(wanted)


def stop(item: Object) -> Patch | None:
    """Scales to 0 and remembers how many there were."""
    if replicas(item) == 0:
        return None
    return patch(annotate={_REPLICAS: str(replicas(item))}, spec={"replicas": 0})


def stop_pausable(item: Object) -> Patch | None:
    """As `stop`, for kinds whose roll-out can be paused. A paused one is scaled all the same, and what it holds back must not be rolled out."""
    stopping = stop(item)
    if stopping is not None:
        paused = bool((item.get("spec") or {}).get("paused"))
        stopping["metadata"]["annotations"][_PAUSED] = "true" if paused else "false"
    return stopping


def stop_deployment_config(item: Object) -> Patch | None:
    """As `stop_pausable`; a paused DeploymentConfig would not follow."""
    stopping = stop_pausable(item)
    if stopping is not None:
        stopping["spec"]["paused"] = False
    return stopping


def stop_orphan(item: Object) -> Patch | None:
    """As `stop`, unless a Deployment keeps the object as it is."""
    return None if has_controller(item) else stop(item)


def start(item: Object) -> list[Patch]:
    """Scales back; an object that somebody has scaled up meanwhile only loses the annotation."""
    before = annotations(item).get(_REPLICAS)
    if before is None:
        return []
    spec = {"replicas": int(before)} if replicas(item) == 0 else {}
    return [patch(annotate={_REPLICAS: None}, spec=spec)]


def start_pausable(item: Object) -> list[Patch]:
    """As `start`, and paused again where it was."""
    if _REPLICAS not in annotations(item):
        return []
    [starting] = start(item)
    starting["spec"]["paused"] = annotations(item).get(_PAUSED) == "true"
    starting["metadata"]["annotations"][_PAUSED] = None
    return [starting]


def start_deployment_config(item: Object) -> list[Patch]:
    """As `start_pausable`, in two writes: a DeploymentConfig that is paused again at once would not scale."""
    if _REPLICAS not in annotations(item):
        return []
    [scaling] = start(item)
    scaling["metadata"]["annotations"] = {}
    paused = annotations(item).get(_PAUSED) == "true"
    return [scaling, patch(annotate={_REPLICAS: None, _PAUSED: None}, spec={"paused": paused})]


def start_orphan(item: Object) -> list[Patch]:
    """As `start`, with the exception of `stop_orphan`, which loses the marks that a Deployment copies to it and never takes off again."""
    if not has_controller(item):
        return start(item)
    return [patch(annotate={_REPLICAS: None, _PAUSED: None}, spec={})] if _REPLICAS in annotations(item) else []


def is_stopped(item: Object) -> bool:
    """Whether it carries our mark and has no pods to come."""
    return _REPLICAS in annotations(item) and replicas(item) == 0


def is_stopped_orphan(item: Object) -> bool:
    """As `is_stopped`; a Deployment copies its annotations, our mark included, to its ReplicaSets."""
    return not has_controller(item) and is_stopped(item)


DEPLOYMENT = Workload(resources.DEPLOYMENTS, stop_pausable, start_pausable, is_stopped, pod_template)
DEPLOYMENT_CONFIG = Workload(resources.DEPLOYMENT_CONFIGS, stop_deployment_config, start_deployment_config, is_stopped, pod_template)
STATEFUL_SET = Workload(resources.STATEFUL_SETS, stop, start, is_stopped, pod_template)
REPLICA_SET = Workload(resources.REPLICA_SETS, stop_orphan, start_orphan, is_stopped_orphan, pod_template, has_controller)
