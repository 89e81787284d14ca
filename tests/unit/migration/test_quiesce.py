"""Stopping remembers what was, starting brings exactly that back, and what was stopped already is left alone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import pieces
from mtc.api import names
from mtc.kube.client import Object
from mtc.migration.quiesce import batch, daemon_set, kinds, pods, scalable, selection, virtual_machine
from mtc.migration.quiesce.workload import Patch, Workload


def merged(item: Any, patch: Any) -> Any:
    """The object after a JSON merge patch, as an API server makes it."""
    if not isinstance(patch, dict):
        return patch
    found = dict(item) if isinstance(item, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found


def stopped(workload: Workload, item: Object) -> Object:
    """The object after it has been stopped."""
    patch = workload.stop(item)
    assert patch is not None
    return merged(item, patch)  # type: ignore[no-any-return]


def started(workload: Workload, item: Object) -> Object:
    """The object after it has been started again."""
    for patch in workload.start(item):
        item = merged(item, patch)
    return item


CASES = [
    (scalable.DEPLOYMENT, pieces.workload("Deployment", replicas=3, paused=True)),
    (scalable.DEPLOYMENT, pieces.workload("Deployment", replicas=1, paused=False)),
    (scalable.DEPLOYMENT_CONFIG, pieces.workload("DeploymentConfig", replicas=2, paused=True)),
    (scalable.STATEFUL_SET, pieces.workload("StatefulSet", replicas=5)),
    (scalable.REPLICA_SET, pieces.workload("ReplicaSet", replicas=2)),
    (batch.CRON_JOB, pieces.workload("CronJob", suspend=False)),
    (batch.JOB, pieces.workload("Job", parallelism=4)),
    (virtual_machine.VIRTUAL_MACHINE, pieces.workload("VirtualMachine", runStrategy="Always")),
    (virtual_machine.VIRTUAL_MACHINE, pieces.workload("VirtualMachine", runStrategy="RerunOnFailure")),
    (virtual_machine.VIRTUAL_MACHINE, pieces.workload("VirtualMachine", running=True)),
]


@pytest.mark.parametrize(("workload", "item"), CASES, ids=lambda entry: getattr(entry, "kind", None) and entry.kind.kind)
def test_stop_and_start_give_the_workload_back(workload: Workload, item: Object) -> None:
    """The spec is as before and no mark stays."""
    there = stopped(workload, item)
    assert workload.is_stopped(there)
    assert not workload.is_stopped(item)
    assert workload.stop(there) is None, "stopping twice changes nothing"
    assert started(workload, there) == item
    assert workload.start(item) == [], "what we did not stop is not started"


@given(st.dictionaries(st.sampled_from(["disk", "zone", "gpu"]), st.sampled_from(["a", "b"])))
def test_a_daemon_set_gets_its_node_selector_back(selector: dict[str, str]) -> None:
    """Whatever it was."""
    item = pieces.workload("DaemonSet")
    item["spec"]["template"]["spec"]["nodeSelector"] = selector
    there = stopped(daemon_set.DAEMON_SET, item)
    assert there["spec"]["template"]["spec"]["nodeSelector"] == {**selector, names.QUIESCE_DAEMON_SET_NODE_SELECTOR: "true"}
    assert daemon_set.DAEMON_SET.stop(there) is None
    assert started(daemon_set.DAEMON_SET, there) == item


def test_unset_replicas_mean_one() -> None:
    """As in the API."""
    there = stopped(scalable.DEPLOYMENT, pieces.workload("Deployment"))
    assert there["metadata"]["annotations"] == {names.PRE_QUIESCE_REPLICAS: "1", names.PRE_QUIESCE_PAUSED: "false"}
    assert there["spec"]["replicas"] == 0
    assert "paused" not in there["spec"]


def test_a_roll_out_that_is_held_back_stays_so() -> None:
    """A paused Deployment is scaled all the same; a DeploymentConfig has to go on for it."""
    assert stopped(scalable.DEPLOYMENT, pieces.workload("Deployment", paused=True))["spec"]["paused"] is True
    assert stopped(scalable.DEPLOYMENT_CONFIG, pieces.workload("DeploymentConfig", paused=True))["spec"]["paused"] is False


@pytest.mark.parametrize(
    ("workload", "item"),
    [
        (scalable.DEPLOYMENT, pieces.workload("Deployment", replicas=0)),
        (scalable.STATEFUL_SET, pieces.workload("StatefulSet", replicas=0)),
        (batch.CRON_JOB, pieces.workload("CronJob", suspend=True)),
        (batch.JOB, pieces.workload("Job", parallelism=0)),
        (virtual_machine.VIRTUAL_MACHINE, pieces.workload("VirtualMachine", runStrategy="Halted")),
        (virtual_machine.VIRTUAL_MACHINE, pieces.workload("VirtualMachine", running=False)),
        (virtual_machine.VIRTUAL_MACHINE, pieces.workload("VirtualMachine", runStrategy="Manual")),
    ],
    ids=lambda entry: getattr(entry, "kind", None) and entry.kind.kind,
)
def test_what_was_stopped_before_is_left_alone_both_ways(workload: Workload, item: Object) -> None:
    """A CronJob that its owner had suspended is not resumed later."""
    assert workload.stop(item) is None
    assert workload.start(item) == []
    assert not workload.is_stopped(item)


def test_a_machine_that_was_shut_down_from_within_is_left_alone() -> None:
    """Giving its strategy back would start it."""
    item = pieces.workload("VirtualMachine", runStrategy="RerunOnFailure") | {"status": {"printableStatus": "Stopped"}}
    assert virtual_machine.stop(item) is None


def test_a_machine_that_only_a_person_starts_is_not_ours_to_stop() -> None:
    """Its pod is not waited for."""
    assert virtual_machine.is_kept(pieces.workload("VirtualMachine", runStrategy="Manual"))
    assert not virtual_machine.is_kept(pieces.workload("VirtualMachine", runStrategy="Halted"))
    assert not virtual_machine.is_kept(pieces.workload("VirtualMachine", running=True))


def test_only_machines_whose_disks_are_copied_are_stopped() -> None:
    """Also where no other plan shares the namespace; one that was stopped is started whatever the plan says by now."""
    meant = selection.in_source(pieces.plan(pieces.volume("data")), [])
    item = pieces.workload("VirtualMachine", runStrategy="Always")
    using = pieces.workload("VirtualMachine", runStrategy="Always", claims=("data",))
    by_name = pieces.workload("VirtualMachine", runStrategy="Always")
    by_name["spec"]["template"]["spec"]["volumes"] = [{"name": "disk", "dataVolume": {"name": "data"}}]
    assert [meant.means(virtual_machine.VIRTUAL_MACHINE, machine) for machine in (item, using, by_name)] == [False, True, True]
    assert meant.means(virtual_machine.VIRTUAL_MACHINE, stopped(virtual_machine.VIRTUAL_MACHINE, item))


def test_a_job_that_has_ended_is_left_alone() -> None:
    """It will never start a pod again."""
    item = {**pieces.workload("Job"), "status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    assert batch.JOB.stop(item) is None


def test_a_replica_set_of_a_deployment_is_left_to_it() -> None:
    """The Deployment would scale it up again."""
    item = pieces.workload("ReplicaSet", replicas=2)
    item["metadata"]["ownerReferences"] = [{"kind": "Deployment", "name": "web", "uid": "x", "controller": True}]
    assert scalable.REPLICA_SET.stop(item) is None


def test_a_mark_that_a_deployment_copied_to_its_replica_set_is_not_ours() -> None:
    """The ReplicaSet is neither started by us nor told to people as left stopped: that is the Deployment's affair. It only loses the mark."""
    item = pieces.workload("ReplicaSet", replicas=0, annotations={names.PRE_QUIESCE_REPLICAS: "2"})
    assert scalable.REPLICA_SET.is_stopped(item)
    item["metadata"]["ownerReferences"] = [{"kind": "Deployment", "name": "web", "uid": "x", "controller": True}]
    assert not scalable.REPLICA_SET.is_stopped(item)
    after = started(scalable.REPLICA_SET, item)
    assert after["spec"]["replicas"] == 0
    assert after["metadata"]["annotations"] == {}
    assert not scalable.REPLICA_SET.start(after)


def test_who_was_scaled_up_meanwhile_keeps_it() -> None:
    """Only the mark goes."""
    item = pieces.workload("Deployment", replicas=7, annotations={names.PRE_QUIESCE_REPLICAS: "2", names.PRE_QUIESCE_PAUSED: "false"})
    after = started(scalable.DEPLOYMENT, item)
    assert after["spec"]["replicas"] == 7
    assert after["metadata"]["annotations"] == {}


def test_a_deployment_config_is_paused_in_a_write_of_its_own() -> None:
    """It would not scale when it were paused at once."""
    there = stopped(scalable.DEPLOYMENT_CONFIG, pieces.workload("DeploymentConfig", replicas=2, paused=True))
    first, second = scalable.DEPLOYMENT_CONFIG.start(there)
    assert first["spec"] == {"replicas": 2}
    assert second["spec"] == {"paused": True}


def test_cron_jobs_are_stopped_first_and_jobs_last() -> None:
    """So that no new Job appears."""
    order = [workload.kind.kind for workload in kinds.ALL]
    assert order == ["CronJob", "CronJob", "DeploymentConfig", "Deployment", "StatefulSet", "ReplicaSet", "DaemonSet", "Job"]
    assert [workload.kind.kind for workload in kinds.STOPPED] == [*order, "VirtualMachine"]


# --- which workloads ----------------------------------------------------------------------------------------------------------


def test_a_namespace_of_one_plan_is_stopped_as_a_whole() -> None:
    """Workloads without volumes too."""
    meant = selection.in_source(pieces.plan(pieces.volume("data")), [])
    assert meant.namespaces == ["shop"]
    assert meant.means(scalable.DEPLOYMENT, pieces.workload("Deployment"))


def test_in_a_shared_namespace_only_users_of_copied_claims_are_stopped() -> None:
    """The other plan's workloads go on; closed plans and plans of other source clusters do not count."""
    plan = pieces.plan(pieces.volume("data"), pieces.volume("kept", action="skip"))
    meant = selection.in_source(plan, [plan, pieces.plan(uid="other", namespaces=("shop:renamed",))])
    assert meant.means(scalable.DEPLOYMENT, pieces.workload("Deployment", claims=("data",)))
    assert not meant.means(scalable.DEPLOYMENT, pieces.workload("Deployment", claims=("kept",)))
    assert not meant.means(scalable.DEPLOYMENT, pieces.workload("Deployment"))
    for other in (
        pieces.plan(uid="other", closed=True),
        pieces.plan(uid="other", source="third"),
        pieces.plan(uid="other", namespaces=("x",)),
    ):
        assert selection.in_source(plan, [plan, other]).shared == frozenset()


def test_a_shared_namespace_without_copied_claims_is_left_alone() -> None:
    """There is nothing to keep still for."""
    plan = pieces.plan(pieces.volume("data", action="skip"))
    assert selection.in_source(plan, [pieces.plan(uid="other")]).namespaces == []


def test_claims_of_a_stateful_set_count_whatever_their_ordinal() -> None:
    """The same rule when stopping and when starting, with the target's names there."""
    templates = [{"metadata": {"name": "data"}}]
    item = pieces.workload("StatefulSet", name="db", volumeClaimTemplates=templates)
    plan = pieces.plan(pieces.volume("data-db-2"), namespaces=("shop:new",))
    others = [pieces.plan(uid="other", namespaces=("shop",))]
    assert selection.in_source(plan, others).means(scalable.STATEFUL_SET, item)
    there = {**item, "metadata": {**item["metadata"], "namespace": "new"}}
    assert selection.in_target(plan, others).means(scalable.STATEFUL_SET, there)
    assert not selection.uses(scalable.STATEFUL_SET, item, frozenset({"data-db-x", "data-db-2-1", "other-db-0"}))


# --- their pods ---------------------------------------------------------------------------------------------------------------


def test_exactly_the_pods_of_what_was_stopped_are_waited_for() -> None:
    """Directly owned, or through a ReplicaSet or Job; others only count when they use a copied claim."""
    web, job = pieces.workload("Deployment"), pieces.workload("CronJob", name="nightly")
    between = pieces.workload("ReplicaSet", name="web-1")
    between["metadata"]["ownerReferences"] = [{"kind": "Deployment", "name": "web", "uid": web["metadata"]["uid"], "controller": True}]
    mine = pieces.pod("web-1-a", owner=between, claims=("data",))
    running = [
        mine,
        pieces.pod("bare", claims=("data",)),
        pieces.pod("idle"),
        pieces.pod("tick", owner=pieces.workload("Job", name="tick")),
    ]
    middle = {between["metadata"]["uid"]: between}
    assert pods.left_over(running, [web, job], middle) == [mine]
    (told,) = pods.unstoppable(running, {"shop": frozenset({"data"})}, [web, job], middle)
    assert told["metadata"]["name"] == "bare"


def test_pods_that_have_ended_and_sleeping_pods_do_not_write() -> None:
    """A borrowed pod of the application does."""
    ours = pieces.pod("stage-x", **{names.IS_STAGE_POD: names.TRUE})
    borrowed = pieces.pod("web", **{names.IS_STAGE_POD: names.TRUE, names.IS_APPLICATION_POD: names.TRUE})
    assert not pods.is_running(ours)
    assert pods.is_running(borrowed)
    assert not pods.is_running(pieces.pod("done", phase="Succeeded"))
    assert pods.is_running(pieces.pod("lost", phase="Unknown"))


def test_patches_carry_nothing_but_marks_and_the_field() -> None:
    """Everything else of an object belongs to others."""
    patch: Patch = scalable.DEPLOYMENT.stop(pieces.workload("Deployment", replicas=2)) or {}
    assert patch.keys() == {"metadata", "spec"}
    assert patch["spec"].keys() == {"replicas"}
    assert patch["metadata"].keys() == {"annotations"}
