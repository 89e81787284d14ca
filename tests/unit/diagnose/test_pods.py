"""Which pods count as being in trouble, and what is said of those that run without working."""

from typing import Any

import pytest

from kit.snapshots import NOW, OLD, TOOLKIT, YOUNG, causes, event, failed, run, thing, unplaced, waiting, well
from mtc.diagnose.collect import _broken
from mtc.diagnose.snapshot import Container, Draft, Object

_EVICTED = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}
_READY = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}


def _owned(name: str, kind: str, owner: str, status: Object, namespace: str = "shop", *, created: str = OLD) -> Object:
    owners = [{"kind": kind, "name": owner, "uid": f"uid-{owner}", "controller": True}]
    return thing("Pod", name, namespace, created=created, status=status, spec={"nodeName": "node"}, meta={"ownerReferences": owners})


def _set(name: str, namespace: str = "shop", *, wants: int = 1, ready: int = 1) -> Object:
    return thing("ReplicaSet", name, namespace, spec={"replicas": wants}, status={"replicas": wants, "readyReplicas": ready})


def _job(*ended: str, by: str = "") -> Object:
    owners = [{"kind": "CronJob", "name": by, "uid": f"uid-{by}", "controller": True}] if by else []
    conditions = [{"type": kind, "status": "True"} for kind in ended]
    return thing("Job", "report", "shop", status={"failed": 1, "conditions": conditions}, meta={"ownerReferences": owners})


_LEFTOVERS: dict[str, list[Object]] = {
    "evicted, and another stands in": [_set("web"), _owned("web-1", "ReplicaSet", "web", _EVICTED)],
    "of a set that is no more wanted": [_set("web", wants=0, ready=0), _owned("web-1", "ReplicaSet", "web", _EVICTED)],
    "with a newer one that is ready": [
        _owned("web-1", "ReplicaSet", "gone", _EVICTED),
        _owned("web-2", "ReplicaSet", "gone", _READY, created=YOUNG),
    ],
    "of the controller itself": [
        _set("migration-controller-1", TOOLKIT),
        _owned("migration-controller-1-a", "ReplicaSet", "migration-controller-1", _EVICTED, TOOLKIT),
    ],
    "of a daemon that runs again": [
        thing("DaemonSet", "log", "shop", status={"desiredNumberScheduled": 1, "currentNumberScheduled": 1, "numberReady": 1}),
        _owned("log-1", "DaemonSet", "log", {**_EVICTED, "reason": "Terminated", "message": "Pod was terminated in response to imminent node shutdown."}),
    ],
    "of a job that did it another time": [_job("Complete"), _owned("report-1", "Job", "report", {"phase": "Failed"})],
    "kept by a schedule": [_job("Failed", by="nightly"), _owned("report-1", "Job", "report", {"phase": "Failed", **_EVICTED})],
}  # fmt: skip


@pytest.mark.parametrize("name", _LEFTOVERS)
def test_failed_pods_that_nobody_lacks_are_no_trouble(name: str) -> None:
    """Kubernetes keeps them for people to look at."""
    draft = well()
    draft.add("host", _LEFTOVERS[name])
    assert causes(draft) == []


@pytest.mark.parametrize(
    "items",
    [
        [_set("web", ready=0), _owned("web-1", "ReplicaSet", "web", _EVICTED)],
        [thing("Pod", "alone", "shop", status=_EVICTED, spec={})],
        [_job("Failed"), _owned("report-1", "Job", "report", _EVICTED)],
        [_set("velero-1", TOOLKIT, ready=0), _owned("velero-1-a", "ReplicaSet", "velero-1", _EVICTED, TOOLKIT)],
    ],
)
def test_failed_pods_that_are_lacked_are_told(items: list[Object]) -> None:
    """Nothing does what they were for."""
    draft = well()
    draft.add("host", items)
    assert [item.rule for item in causes(draft)] == ["pods-failed"]


def _container(*, ready: bool = False, **state: Any) -> Object:
    return {"name": "c", "ready": ready, "state": state or {"running": {"startedAt": OLD}}}


def _unready(since: str, **state: Any) -> Object:
    conditions = [{"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "containers with unready status: [c]", "lastTransitionTime": since}]  # fmt: skip
    return thing(
        "Pod", "web", "shop", status={"phase": "Running", "conditions": conditions, "containerStatuses": [_container(**state)]}, spec={}
    )


def test_a_pod_that_runs_and_does_not_become_ready_is_told_with_its_probe_and_last_words() -> None:
    """All its containers run, and nothing of the application answers."""
    draft = well()
    draft.add("host", [_unready(OLD), event("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500", "Pod", "web")])
    draft.tail(Container("host", "shop", "web", "c"), ["waiting for db:5432"])
    (only,) = causes(draft)
    assert only.rule == "pods-unready"
    assert "its readiness probe fails" in only.finding.cause
    assert only.finding.things[0].ref == "Pod shop/web"
    assert [proof.text for proof in only.finding.evidence] == [
        "Readiness probe failed: HTTP probe failed with statuscode: 500",
        "waiting for db:5432",
    ]


def test_without_an_event_the_condition_proves_it() -> None:
    """Events are kept for an hour."""
    draft = well()
    draft.add("host", [_unready(OLD)])
    (only,) = causes(draft)
    assert only.rule == "pods-unready"
    assert "containers with unready status: [c]" in only.finding.evidence[0].text


def test_a_pod_that_starts_is_no_trouble_and_one_that_dies_is_told_as_such() -> None:
    """It has been unready for seconds; or it is unready because it died."""
    draft = well()
    draft.add("host", [_unready(YOUNG), event("Unhealthy", "Readiness probe failed: refused", "Pod", "web")])
    assert causes(draft) == []
    draft.add("host", [_unready(OLD, terminated={"exitCode": 1, "reason": "Error"})])
    assert [item.rule for item in causes(draft)] == ["pods-crashing"]


def _unseen(created: str = OLD, *, namespace: str = "shop", status: Object | None = None, **spec: Any) -> Object:
    """A pod that nobody has placed."""
    return thing(
        "Pod", "web", namespace, created=created, status={"phase": "Pending", "qosClass": "Burstable", **(status or {})}, spec=spec
    )


@pytest.mark.parametrize(
    ("scheduler", "cause", "step"),
    [
        ("", "The scheduler of the cluster does not run", "kubectl get lease -A"),
        ("default-scheduler", "The scheduler of the cluster does not run", "kubectl get lease -A"),
        ("volcano", "it asks for scheduler volcano", "start the scheduler volcano, or take spec.schedulerName out"),
    ],
)
def test_a_pod_that_no_scheduler_has_looked_at_is_told(scheduler: str, cause: str, step: str) -> None:
    """It is Pending without a condition and without an event, which no words could tell of."""
    draft = well()
    draft.add("host", [_unseen(**({"schedulerName": scheduler} if scheduler else {}))])
    (only,) = causes(draft)
    assert only.rule == "pods-unschedulable"
    assert cause in only.finding.cause
    assert only.finding.things[0].ref == "Pod shop/web"
    assert "without condition PodScheduled" in only.finding.evidence[0].text
    assert step in only.finding.steps[0]


@pytest.mark.parametrize(
    "pod",
    [
        _unseen(YOUNG),
        _unseen(nodeName="node"),
        _unseen(status={"nominatedNodeName": "node"}),
        _unseen(status={"conditions": [{"type": "PodScheduled", "status": "True"}]}),
        _unseen(namespace="elsewhere"),
    ],
    ids=["young", "on a node", "about to be", "placed", "of others"],
)
def test_a_pod_that_a_scheduler_has_seen_or_may_see_soon_is_no_trouble_of_schedulers(pod: Object) -> None:
    """Nothing else is wrong with these as far as anybody has said."""
    draft = well()
    draft.add("host", [pod])
    assert causes(draft) == []


def test_what_the_scheduler_says_is_told_and_not_its_silence() -> None:
    """An event is enough, also where the condition is not there."""
    draft = well()
    draft.add("host", [_unseen(), event("FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu.", "Pod", "web")])
    (only,) = causes(draft)
    assert "none has room for it" in only.finding.cause


def _initializing(name: str = "wait-for-db", begun: str = OLD, **spec: Any) -> Object:
    states = [{"name": name, "ready": False, "state": {"running": {"startedAt": begun}}}]
    waits = [{"name": "c", "ready": False, "state": {"waiting": {"reason": "PodInitializing"}}}]
    status = {"phase": "Pending", "initContainerStatuses": states, "containerStatuses": waits}
    return thing("Pod", "web", "shop", status=status, spec={"initContainers": [{"name": name, **spec}]})


def test_an_init_container_that_does_not_end_is_told_with_its_last_words() -> None:
    """The pod waits for it, without any error anywhere."""
    draft, waits = well(), _initializing()
    draft.add("host", [waits])
    assert _broken(waits) == [("wait-for-db", False)]
    draft.tail(Container("host", "shop", "web", "wait-for-db"), ["no route to db"])
    (only,) = causes(draft)
    assert only.rule == "pods-initializing"
    assert "wait-for-db" in only.finding.cause
    assert only.finding.evidence[-1].text == "no route to db"
    assert any("-c wait-for-db" in step for step in only.finding.steps)


@pytest.mark.parametrize("pod", [_initializing(begun=YOUNG), _initializing("restore-wait"), _initializing("proxy", restartPolicy="Always")])
def test_init_containers_that_may_run_are_no_trouble(pod: Object) -> None:
    """One that has just begun, the one that waits for volumes, a sidecar."""
    draft = well()
    draft.add("host", [pod])
    assert causes(draft) == []


def _refused(draft: Draft, message: str) -> None:
    conditions = [{"type": "ReplicaFailure", "status": "True", "message": message}]
    draft.add("host", [thing("Deployment", "velero", spec={"replicas": 1}, status={"conditions": conditions})])
    draft.add("host", [thing("ReplicaSet", "velero-1", spec={"replicas": 1}, status={"replicas": 0}, meta={"ownerReferences": [{"uid": "uid-velero"}]})])  # fmt: skip
    draft.add("host", [event("FailedCreate", message, "ReplicaSet", "velero-1", TOOLKIT)])


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        ('pods "velero-1-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2', "pods-quota"),
        ('pods "velero-1-x" is forbidden: violates PodSecurity "restricted:latest": privileged', "pod-security"),
        ('pods "velero-1-x" is forbidden: error looking up service account a/velero: serviceaccount "velero" not found', "service-account-missing"),
    ],
)  # fmt: skip
def test_why_pods_of_our_own_are_refused_is_told_before_that_they_do_not_run(message: str, rule: str) -> None:
    """On the ReplicaSet, and on the Deployment as ReplicaFailure."""
    draft = well()
    _refused(draft, message)
    assert [item.rule for item in causes(draft)] == [rule, "process-down"]
    assert any(message in proof.text for proof in causes(draft)[1].finding.evidence)


_CLAIM = '0/1 nodes are available: persistentvolumeclaim "data" not found. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.'


def test_a_claim_that_is_not_there_is_told() -> None:
    """With the claim as the object at fault."""
    draft = well()
    unplaced(_CLAIM)(draft)
    (only,) = causes(draft)
    assert only.rule == "claim-missing"
    assert only.finding.things[0].ref == "PersistentVolumeClaim shop/data"


@pytest.mark.parametrize(
    ("action", "claim", "space"),
    [("copy", "data", "shop"), ("copy", "old:data", "shop"), ("move", "data", "shop"), ("copy", "other", "shop"), ("copy", "data", "a")],
)
def test_a_copied_claim_that_is_gone_is_not_made_empty_by_hand(action: str, claim: str, space: str) -> None:
    """The application would start without its data, which a claim made by hand does not have."""
    draft = well()
    plan = draft._objects["host", "MigPlan"][TOOLKIT, "shop"]
    plan["spec"]["persistentVolumes"] = [{"name": "pv", "pvc": {"namespace": space, "name": claim}, "selection": {"action": action}}]
    unplaced(_CLAIM)(draft)
    (only,) = causes(draft)
    steps = " ".join(only.finding.steps)
    copied = action == "copy" and claim.endswith("data") and space == "shop"
    assert ("the data that plan shop copies" in only.finding.cause) == copied
    assert ("make no empty PersistentVolumeClaim shop/data by hand" in steps) == copied
    assert ("the pod starts by itself" in steps) == (not copied)
    if copied:
        assert "`mtc rollback shop`, then `mtc cutover shop`" in only.finding.steps[-1]
        failed("The moon is in the wrong place.")(draft)
        tried = next(item for item in causes(draft) if item.rule == "claim-missing").finding.steps
        assert "mtc retry shop" in tried[-2]
        assert "mtc rollback shop" in tried[-1]
        draft.add("host", [run(phase="FinalRestoreCreated")])
        waits = next(item for item in causes(draft) if item.rule == "claim-missing").finding.steps
        assert "when the migration has ended" in waits[-1]


@pytest.mark.parametrize(
    "message",
    [
        'container has runAsNonRoot and image will run as root (pod: "web_shop(1)", container: web)',
        'container has runAsNonRoot and image has non-numeric user (nginx), cannot verify user is non-root (pod: "web_shop(1)", container: web)',
        "container's runAsUser breaks non-root policy (pod: \"web_shop(1)\", container: web)",
    ],
)  # fmt: skip
def test_an_image_that_would_run_as_root_is_told(message: str) -> None:
    """The kubelet does not start it, and nothing restarts."""
    draft = well()
    waiting("CreateContainerConfigError", message)(draft)
    (only,) = causes(draft)
    assert only.rule == "pods-root"
    assert any("runAsUser" in step for step in only.finding.steps)


def test_ages_are_counted_to_when_it_was_looked() -> None:
    """An archive is read days later."""
    draft = well()
    draft.add("host", [_unready("2026-01-01T11:59:30Z")])
    assert causes(draft) == []
    assert NOW.isoformat().startswith("2026-01-01T12:00")
