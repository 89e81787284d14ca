"""Each claim to copy is held by one pod, and a sleeping pod is as the application's, without what could do harm."""

from hypothesis import given
from hypothesis import strategies as st

from kit import pieces
from mtc.api import helper_containers, names
from mtc.migration import annotate
from mtc.migration.stage_pods import build, gone, holders, work
from mtc.migration.stage_pods.holders import Holder

DATA, LOGS, CACHE = ("shop", "data"), ("shop", "logs"), ("shop", "cache")


def of(name: str, *claims: str) -> Holder:
    """A holder of claims."""
    return holders.of_pod(pieces.pod(name, claims=claims))


def test_all_claims_of_a_template_stay_together() -> None:
    """One pod for both, none for the ReplicaSet behind the same Deployment."""
    web, behind = (of(name, "data", "logs") for name in ("web", "web-7f"))
    (chosen,) = holders.cover([behind, web], [DATA, LOGS])
    assert chosen.name == "web"
    assert set(chosen.volumes.values()) == {DATA, LOGS}


def test_a_claim_that_two_workloads_share_is_held_once() -> None:
    """The second pod only holds the rest."""
    first, second = holders.cover([of("a", "data", "logs"), of("b", "logs", "cache")], [DATA, LOGS, CACHE])
    assert set(first.volumes.values()) == {DATA, LOGS}
    assert set(second.volumes.values()) == {CACHE}


def test_claims_that_are_not_copied_are_not_mounted() -> None:
    """A skipped volume is never touched."""
    (chosen,) = holders.cover([of("web", "data", "skipped")], [DATA])
    assert list(chosen.volumes.values()) == [DATA]
    assert holders.cover([of("web", "skipped")], [DATA]) == []


@given(st.lists(st.sets(st.sampled_from(["data", "logs", "cache"])), max_size=6), st.sets(st.sampled_from([DATA, LOGS, CACHE])))
def test_each_wanted_claim_that_anybody_mounts_is_held_exactly_once(mounts: list[set[str]], wanted: set[tuple[str, str]]) -> None:
    """Whoever mounts what, in whatever order."""
    chosen = holders.cover([of(f"p{index}", *sorted(claims)) for index, claims in enumerate(mounts)], wanted)
    held = [claim for holder in chosen for claim in holder.volumes.values()]
    assert len(held) == len(set(held))
    assert set(held) == {claim for claim in wanted if any(claim[1] in claims for claims in mounts)}


def test_a_stateful_set_has_one_pod_for_each_ordinal() -> None:
    """Its claims are found by their names; a claim of the pod template is in each."""
    item = pieces.workload("StatefulSet", name="db", claims=("shared",), volumeClaimTemplates=[{"metadata": {"name": "data"}}])
    claims = {("shop", "data-db-0"), ("shop", "data-db-11"), ("shop", "shared"), ("other", "data-db-0"), ("shop", "data-web-0")}
    found = holders.of_workload(item, item["spec"]["template"], claims)
    assert [(entry.name, sorted(name for _, name in entry.volumes.values())) for entry in found] == [
        ("db-0", ["data-db-0", "shared"]),
        ("db-11", ["data-db-11", "shared"]),
    ]


def test_a_sleeping_pod_is_made_after_the_template() -> None:
    """Image and command are ours; rights, account, node and mounts are the application's; sub-paths are not followed."""
    spec = {
        "serviceAccountName": "web",
        "nodeName": "n1",
        "nodeSelector": {names.QUIESCE_DAEMON_SET_NODE_SELECTOR: "true"},
        "securityContext": {"runAsUser": 1001, "fsGroup": 2000},
        "tolerations": [{"operator": "Exists"}],
        "initContainers": [{"name": "setup", "volumeMounts": [{"name": "v-logs", "mountPath": "/l"}]}],
        "containers": [
            {"name": "proxy", "image": "p"},
            {
                "name": "app",
                "image": "a",
                "command": ["serve"],
                "env": [{"name": "SECRET", "value": "s"}],
                "securityContext": {"readOnlyRootFilesystem": True},
                "volumeMounts": [{"name": "v-data", "mountPath": "/d", "subPath": "x"}, {"name": "config", "mountPath": "/c"}],
            },
        ],
    }
    holder = Holder("shop", "web", spec, {"v-data": DATA, "v-logs": LOGS})
    pod = build.sleeping_pod(holder, image="mtc:1", labels={"a": "b"}, requests={"cpu": "100m", "memory": "128Mi"})
    assert pod["metadata"] == {"namespace": "shop", "generateName": "stage-web-", "labels": {"a": "b"}}
    (container,) = pod["spec"].pop("containers")
    assert container == {
        "name": "sleep-1",
        "image": "mtc:1",
        "imagePullPolicy": "IfNotPresent",
        "command": ["sleep", "infinity"],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "100m", "memory": "128Mi"}},
        "volumeMounts": [{"name": "v-data", "mountPath": "/d"}, {"name": "v-logs", "mountPath": "/var/data/v-logs"}],
        "securityContext": {"readOnlyRootFilesystem": True},
    }
    assert pod["spec"] == {
        "volumes": [
            {"name": "v-data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "v-logs", "persistentVolumeClaim": {"claimName": "logs"}},
        ],
        "terminationGracePeriodSeconds": 0,
        "enableServiceLinks": False,
        "serviceAccountName": "web",
        "nodeName": "n1",
        "securityContext": {"runAsUser": 1001, "fsGroup": 2000},
        "tolerations": [{"operator": "Exists"}],
    }


def test_a_pod_for_an_orphan_fits_a_restricted_namespace() -> None:
    """Root is not admitted there; elsewhere the image decides."""
    options = {"image": "mtc:1", "labels": {}, "requests": {"cpu": "1m"}}
    restricted = build.orphan_pod(DATA, namespace_labels={"pod-security.kubernetes.io/enforce": "restricted"}, **options)
    (container,) = restricted["spec"]["containers"]
    assert container["securityContext"]["runAsNonRoot"] is True
    assert container["volumeMounts"] == [{"name": "stage", "mountPath": "/var/data"}]
    assert restricted["spec"]["volumes"] == [{"name": "stage", "persistentVolumeClaim": {"claimName": "data"}}]
    (container,) = build.orphan_pod(DATA, namespace_labels={}, **options)["spec"]["containers"]
    assert "runAsUser" not in container["securityContext"]


def test_requests_are_raised_to_what_a_namespace_demands() -> None:
    """The larger of ours and the limit ranges' minimum, and no more than they allow."""
    limits = [
        {"type": "Container", "min": {"cpu": "1"}},
        {"type": "Pod", "min": {"memory": "64Mi"}},
        {"type": "PersistentVolumeClaim", "min": {"cpu": "9"}},
    ]
    assert helper_containers.requests_for([{"spec": {"limits": limits}}]) == {"cpu": "1", "memory": "128Mi"}
    assert helper_containers.requests_for([]) == {"cpu": "100m", "memory": "128Mi"}
    most = [{"type": "Container", "max": {"cpu": "50m", "memory": "32Mi"}}]
    assert helper_containers.requests_for([{"spec": {"limits": most}}]) == {"cpu": "50m", "memory": "32Mi"}
    assert helper_containers.requests_for([{"spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}}]}}]) == {
        "cpu": "100m",
        "memory": "128Mi",
    }


def test_what_is_backed_up_of_a_pod() -> None:
    """Copied claims that this very pod holds; what it excludes belongs to another pod, or to none."""
    plan = pieces.plan(pieces.volume("data", verify=True), pieces.volume("logs"), pieces.volume("kept", action="skip"))
    scope = pieces.scope(pieces.migration(), plan)
    pod = pieces.pod("web", claims=("data", "logs", "kept"))
    assert annotate.pod_marks(scope, pod) == {names.BACKUP_VOLUMES: "v-data,v-logs", names.VERIFY_VOLUMES: "v-data"}
    pod["metadata"]["annotations"] = {names.EXCLUDE_PVCS: "v-logs,v-kept"}
    assert annotate.pod_marks(scope, pod)[names.BACKUP_VOLUMES] == "v-data"


def test_marks_of_volumes_and_claims() -> None:
    """Copied and moved ones differ; what is unset takes an older mark away."""
    copied, moved = pieces.plan(
        pieces.volume("a", storageClass="fast", accessMode="ReadWriteMany"),
        pieces.volume("b", action="move", method="", storageClass="fast"),
    ).spec.persistent_volumes
    assert annotate.volume_marks(copied) == {
        names.MIGRATE_TYPE: "copy",
        names.TARGET_STORAGE_CLASS: "fast",
        names.COPY_METHOD: "filesystem",
    }
    marks = {**annotate.volume_marks(copied), names.TARGET_ACCESS_MODE: "ReadWriteMany", names.TARGET_CAPACITY: None}
    assert annotate.claim_marks(copied) == marks
    proposed = copied.model_copy(update={"proposed_capacity": "2Gi"})
    assert annotate.claim_marks(proposed) == marks
    confirmed = proposed.model_copy(update={"capacity_confirmed": True})
    assert annotate.claim_marks(confirmed) == {**marks, names.TARGET_CAPACITY: "2Gi"}
    assert annotate.volume_marks(moved) == {names.MIGRATE_TYPE: "move", names.TARGET_STORAGE_CLASS: "fast", names.COPY_METHOD: None}
    assert annotate.claim_marks(moved) == {names.MIGRATE_TYPE: "move"}


def test_an_application_pod_is_never_deleted_as_a_stage_pod() -> None:
    """Only what we made, or what a restore made of it."""
    stage = {names.IS_STAGE_POD: names.TRUE}
    borrowed = {**stage, names.IS_APPLICATION_POD: names.TRUE}
    assert gone.is_restored_or_sleeping(pieces.pod("s", **stage))
    assert not gone.is_restored_or_sleeping(pieces.pod("web", **borrowed))
    assert gone.is_restored_or_sleeping(pieces.pod("web", **borrowed, **{names.RESTORE_NAME: "m-stage-x"}))


def test_a_pod_of_a_job_is_not_borrowed() -> None:
    """It ends when its work is done, and the copy with it."""
    assert work.may_hold(pieces.pod("web", owner=pieces.workload("ReplicaSet")))
    assert work.may_hold(pieces.pod("bare"))
    assert not work.may_hold(pieces.pod("batch-1", owner=pieces.workload("Job", "batch")))
    assert not work.may_hold(pieces.pod("web", phase="Succeeded"))


def test_a_sleeping_pod_goes_where_its_claim_is_mounted_already() -> None:
    """Most volumes can be on one node only; the scheduler chooses where nothing or more than one node is known."""
    first, second = (pieces.pod(f"batch-{node}", claims=("data",)) for node in ("n1", "n2"))
    first["spec"]["nodeName"], second["spec"]["nodeName"] = "n1", "n2"
    assert work.node_of(of("batch", "data"), [first]) == "n1"
    assert work.node_of(of("batch", "logs"), [first]) == ""
    assert work.node_of(of("batch", "data"), [first, second]) == ""
    body = build.sleeping_pod(of("batch", "data"), image="i", labels={}, requests={}, node="n1")
    (term,) = body["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchFields"] == [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]
    assert "affinity" not in build.sleeping_pod(of("batch", "data"), image="i", labels={}, requests={})["spec"]


def test_a_claim_without_a_volume_gets_the_class_that_volumes_of_its_class_get() -> None:
    """Where the plan gives them several, or has none of that class, the claim keeps its own."""
    chosen = [("data", "gp2", "ceph"), ("logs", "gp2", "ceph"), ("a", "nfs", "ceph"), ("b", "nfs", "slow")]
    volumes = [pieces.volume(name, storageClass=target) | {"storageClass": own} for name, own, target in chosen]
    scope = pieces.scope(pieces.migration(), pieces.plan(*volumes, pieces.volume("skipped", action="skip", storageClass="x")))
    found = {own: annotate.waiting_marks(scope, {"spec": {"storageClassName": own}}) for own in ("gp2", "nfs", "other", "")}
    assert found == {"gp2": {names.MIGRATE_TYPE: "copy", names.TARGET_STORAGE_CLASS: "ceph"}, "nfs": {}, "other": {}, "": {}}
    assert annotate.waiting_marks(scope, {"spec": {}}) == {}
