"""What counts as a difference between what was saved and what arrived, and what the result means."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit import pieces
from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigrationStatus
from mtc.api.proof import Proof, ProofCounts, ProofDifference, ProofState, VolumeAnswer, read_answer
from mtc.api.settings.model import Settings
from mtc.kube.client import Object
from mtc.migration.proof import differ, rules, verdict
from mtc.migration.proof.verdict import Findings
from mtc.migration.quiesce import kinds
from mtc.migration.quiesce.workload import Workload
from mtc.migration.swap import body

AROUND = rules.Surroundings()
SECRET = "c2VjcmV0LXZhbHVl"


def thing(kind: str, **content: Any) -> Object:
    """An object."""
    meta = {"name": "web", "namespace": "shop", **content.pop("metadata", {})}
    return {"apiVersion": "v1", "kind": kind, "metadata": meta, **content}


json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["spec", "data", "metadata", "rules", "subjects"]), json))
def test_an_object_is_the_same_as_itself(body: dict[str, Any]) -> None:
    """Whatever is in it."""
    assert differ.differences(body, body) == []


@pytest.mark.parametrize(
    ("wanted", "found", "told"),
    [
        pytest.param({"spec": {"a": 1}}, {"spec": {"a": 1, "b": 2}}, [], id="a default is no difference"),
        pytest.param({"spec": {"replicas": 3}}, {"spec": {"replicas": 1}}, ["spec.replicas 3 became 1"], id="number"),
        pytest.param({"spec": {"paused": True}}, {"spec": {}}, ["spec.paused is missing"], id="lost"),
        pytest.param({"spec": {"paused": False, "text": "", "list": [], "map": {}}}, {"spec": {}}, [], id="empty is absent"),
        pytest.param({"spec": {"a": "x"}}, {"spec": {"a": "y"}}, ["spec.a differs"], id="text without its values"),
        pytest.param({"data": {"a": "x"}}, {"data": {"a": "y"}}, ["key a of data differs"], id="key differs"),
        pytest.param({"data": {"a": "x"}}, {}, ["key a of data is missing"], id="key missing"),
        pytest.param({}, {"data": {"a": "y"}}, ["key a of data was not in the source"], id="key more"),
        pytest.param(
            {"metadata": {"labels": {"app.kubernetes.io/name": "x"}}},
            {"metadata": {"labels": {"app.kubernetes.io/name": "y", "more": "z"}}},
            ["metadata.labels[app.kubernetes.io/name] differs"],
            id="label",
        ),
        pytest.param(
            {"spec": {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]}},
            {"spec": {"containers": [{"name": "b", "image": "2"}, {"name": "a", "image": "1"}]}},
            ["spec.containers.b.image differs"],
            id="by name, not by place",
        ),
        pytest.param(
            {"spec": {"containers": [{"name": "a"}]}},
            {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}},
            ["spec.containers.b was not in the source"],
            id="a container more",
        ),
        pytest.param(
            {"kind": "Pod", "spec": {"volumes": [{"name": "a"}], "tolerations": [{"key": "x"}]}},
            {"kind": "Pod", "spec": {"volumes": [{"name": "token"}, {"name": "a"}], "tolerations": [{"key": "y"}, {"key": "x"}]}},
            [],
            id="admission adds to a pod",
        ),
        pytest.param(
            {"kind": "Pod", "spec": {"tolerations": [{"key": "x"}]}},
            {"kind": "Pod", "spec": {"tolerations": [{"key": "y"}]}},
            ["spec.tolerations lacks an entry"],
            id="and takes nothing away",
        ),
        pytest.param(
            {"rules": [{"verbs": ["get"]}]}, {"rules": [{"verbs": ["get", "list"]}]}, ["rules[0].verbs has 2 entries, had 1"], id="list"
        ),
        pytest.param({"status": {"x": 1}}, {}, [], id="status"),
    ],
)
def test_what_differs(wanted: Object, found: Object, told: list[str]) -> None:
    """Loss and change are differences, additions are not, apart from data and lists."""
    assert differ.differences(wanted, found) == told


def test_no_value_of_a_secret_is_told() -> None:
    """Only which key differs."""
    told = differ.differences(thing("Secret", data={"password": SECRET, "b": "eA=="}), thing("Secret", data={"password": "b3RoZXI="}))
    assert told == ["key b of data is missing", "key password of data differs"]


def test_many_fields_are_cut_short() -> None:
    """A status is no report."""
    told = differ.differences({"data": {f"k{number:02}": "x" for number in range(30)}}, {})
    assert len(told) == 11
    assert told[-1] == "and 20 fields more"


@pytest.mark.parametrize(
    ("group_resource", "item", "makes"),
    [
        ("configmaps", thing("ConfigMap"), False),
        ("leases.coordination.k8s.io", thing("Lease"), True),
        ("replicasets.apps", thing("ReplicaSet", metadata={"ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "controller": True}]}), True),
        ("secrets", thing("Secret", metadata={"ownerReferences": [{"apiVersion": "bitnami.com/v1", "kind": "SealedSecret", "controller": True}]}), False),
        ("secrets", thing("Secret", type="kubernetes.io/service-account-token", metadata={"annotations": {"kubernetes.io/service-account.name": "a"}}), True),
        ("secrets", thing("Secret", type="kubernetes.io/dockercfg"), False),
        ("persistentvolumeclaims", thing("PersistentVolumeClaim", metadata={"ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "controller": True}]}), False),
    ],
)  # fmt: skip
def test_what_the_target_makes_itself(group_resource: str, item: Object, makes: bool) -> None:  # noqa: FBT001 - of the table
    """Objects of built-in controllers; never those of a person or of an operator."""
    assert bool(rules.target_makes_it(group_resource, item, AROUND)) is makes


def test_marks_of_clusters_and_migrations_are_left_out() -> None:
    """Those of people stay."""
    marks = {names.MIGRATED_BY_MIGPLAN: "x", names.BACKUP_NAME: "y", "deployment.kubernetes.io/revision": "2", "mine": "z"}
    item = thing("Deployment", metadata={"labels": marks, "annotations": marks, "finalizers": ["x"]}, status={"a": 1})
    assert rules.prepared(item, item, AROUND) == {
        "apiVersion": "v1",
        "kind": "Deployment",
        "metadata": {"labels": {"mine": "z"}, "annotations": {"mine": "z"}},
    }


@pytest.mark.parametrize(
    ("saved", "live", "told"),
    [
        pytest.param({"size": "1024Mi"}, {}, [], id="the same size, written in another way"),
        pytest.param({"size": "2Gi"}, {}, ["spec.resources.requests.storage 2147483648 became 1073741824"], id="smaller"),
        pytest.param({"size": "no size"}, {}, ["spec.resources.requests.storage differs"], id="no size"),
        pytest.param({"volume": "pv-1"}, {"volume": "pv-2"}, [], id="another volume"),
        pytest.param({"volume": "pv-1", "move": True}, {"volume": "pv-1"}, [], id="the volume that was moved"),
        pytest.param({"volume": "pv-1", "move": True}, {"volume": "pv-2"}, ["spec.volumeName differs"], id="and not another one"),
        pytest.param({"storageClassName": "fast"}, {"storageClassName": "slow"}, ["spec.storageClassName differs"], id="class"),
        pytest.param({"accessModes": ["ReadWriteMany"]}, {"accessModes": ["ReadOnlyMany"]}, ["spec.accessModes[0] differs"], id="mode"),
        pytest.param({"marks": {"pv.kubernetes.io/bind-completed": "yes"}}, {}, [], id="binding"),
        pytest.param({"marks": {"mine": "stays"}}, {}, ["metadata.annotations.mine is missing"], id="a mark of a person"),
    ],
)
def test_what_differs_in_a_claim(saved: dict[str, Any], live: dict[str, Any], told: list[str]) -> None:
    """Sizes count by their bytes, and volumes only where they are to be the same ones."""
    original, found = claim(**saved), claim(**live)
    desired = rules.prepared(original, original, AROUND)
    assert differ.differences(desired, rules.beside(found, desired)) == told


def claim(*, size: str = "1Gi", volume: str = "", move: bool = False, marks: dict[str, str] | None = None, **spec: Any) -> Object:
    """A claim."""
    notes = {names.MIGRATE_TYPE: "move"} if move else {}
    sizes = {"resources": {"requests": {"storage": size}}}
    return thing(
        "PersistentVolumeClaim", metadata={"annotations": {**notes, **(marks or {})}}, spec={**sizes, "volumeName": volume, **spec}
    )


@pytest.mark.parametrize("workload", kinds.ALL, ids=lambda found: f"{found.kind.kind} {found.kind.version}")
def test_what_was_saved_while_it_stood_still_is_compared_as_it_is_to_run(workload: Workload) -> None:
    """An earlier try may have brought it running; that it is stopped on the target is no difference either, as it is started next."""
    item = pieces.workload(workload.kind.kind, replicas=3, parallelism=2, suspend=False) | {"apiVersion": workload.kind.api_version}
    stopping = workload.stop(item)
    assert stopping
    stopped = body.merge(item, stopping)
    for saved, live in ((stopped, item), (stopped, stopped), (item, stopped)):
        desired = rules.prepared(saved, saved, AROUND)
        assert differ.differences(desired, rules.beside(live, desired)) == []
    changed = body.merge(
        item, {"spec": {"replicas": 5, "parallelism": 5, "suspend": True, "template": {"spec": {"nodeSelector": {"a": "b"}}}}}
    )
    desired = rules.prepared(changed, changed, AROUND)
    assert differ.differences(desired, rules.beside(stopped, desired))


def test_an_autoscaler_decides_about_replicas() -> None:
    """Of what it scales, and of nothing else."""
    around = rules.Surroundings(scaled=frozenset({("shop", "Deployment", "web")}))
    item = thing("Deployment", spec={"replicas": 3, "paused": True})
    assert rules.prepared(item, item, around)["spec"] == {"paused": True}
    assert rules.prepared(item, item, AROUND)["spec"] == {"replicas": 3, "paused": True}


def test_both_parts_are_joined() -> None:
    """What one part found stays when the other one is added, and a part that runs again takes its own place only."""
    volumes = Findings(
        ProofCounts(compared=2, equal=1, different=1), [ProofDifference(kind="PersistentVolumeClaim", name="d", path="a")], files=9
    )
    objects = Findings(ProofCounts(compared=5, equal=4, different=1), [ProofDifference(kind="Secret", name="s")], trouble=["one."])
    proof: Proof | None = None
    for _ in range(2):
        proof = verdict.joined(proof, "volumes", volumes, report=None, now=pieces.NOW)
    assert (proof.state, proof.files, len(proof.differences)) == (ProofState.DIFFERENT, 9, 1)
    for _ in range(2):
        proof = verdict.joined(proof, "objects", objects, report="key", now=pieces.NOW)
    assert [item.name for item in proof.differences] == ["s", "d"]
    assert (proof.files, proof.report, proof.not_compared) == (9, "key", ["Objects: one."])
    assert proof.message == "2 volumes compared, 1 of them different; 5 objects compared, 1 of them different."


def test_differences_are_a_warning_and_what_is_never_compared_is_not() -> None:
    """Only what should have been compared and could not be is one too."""
    scope = pieces.scope(pieces.migration(), pieces.plan())

    def told(found: Findings) -> dict[str, str]:
        proof = verdict.joined(None, "volumes", found, report=None, now=pieces.NOW)
        return {item.type: item.category for item in verdict.told(scope, proof, found)}

    assert told(Findings(ProofCounts(compared=1, equal=1))) == {}
    assert told(Findings(ProofCounts(different=1))) == {conditions.PROOF_FAILED: conditions.WARN}
    assert told(Findings(left=["x."])) == {conditions.NOT_PROVED: conditions.ADVISORY}
    assert told(Findings(left=["x."], trouble=["y."])) == {conditions.NOT_PROVED: conditions.WARN}


def test_a_warning_of_one_part_is_not_taken_back_by_the_other() -> None:
    """Both are in one condition."""
    warned = Condition(type=conditions.NOT_PROVED, category=conditions.WARN, reason=conditions.ERRORS_DETECTED, durable=True)
    first = verdict.joined(None, "volumes", Findings(trouble=["broken."]), report=None, now=pieces.NOW)
    scope = pieces.scope(pieces.migration(status=MigMigrationStatus(conditions=[warned], proof=first)), pieces.plan())
    found = Findings(ProofCounts(compared=1, equal=1))
    second = verdict.joined(first, "objects", found, report=None, now=pieces.NOW)
    (condition,) = verdict.told(scope, second, found)
    assert (condition.category, condition.message) == (conditions.WARN, "Volumes: broken.")
    assert second.state == ProofState.NOT_PROVED


def test_it_is_left_out_where_somebody_asks() -> None:
    """By an annotation of the migration or the plan, or by a setting."""
    mark = {"annotations": {names.SKIP_PROOF: "true"}}
    wanted, asked, planned = pieces.migration(), pieces.migration(), pieces.plan()
    asked.metadata |= mark
    planned.metadata |= mark
    assert verdict.skipped_because(pieces.scope(wanted, pieces.plan())) == ""
    assert "MigMigration" in verdict.skipped_because(pieces.scope(asked, pieces.plan()))
    assert "MigPlan" in verdict.skipped_because(pieces.scope(wanted, planned))
    off = pieces.scope(wanted, pieces.plan(), settings=Settings(migration_proof=False))
    assert "migration_proof" in verdict.skipped_because(off)


def test_an_answer_belongs_to_its_request() -> None:
    """That of an earlier request, and what is no answer, count as none."""
    text = VolumeAnswer(request="a", compared=True, files=3).to_json()
    found = read_answer(text, "a")
    assert found is not None
    assert found.files == 3
    assert read_answer(text, "b") is None
    assert read_answer("{", "a") is None
    assert read_answer(None, "a") is None
