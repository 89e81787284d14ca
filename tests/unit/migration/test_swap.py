"""Which claim takes the place of which, and what becomes of the workloads that mount it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import pieces
from mtc.api import names
from mtc.kube import codec
from mtc.kube.client import Object
from mtc.migration.quiesce import batch, kinds, scalable
from mtc.migration.quiesce.workload import Workload
from mtc.migration.swap import body, claims, job, obstacles, stateful_set
from mtc.migration.swap.claims import NewClaim

CLASSES = st.sampled_from(["", "fast", "slow"])


def db(*, replicas: int = 2, name: str = "db", template: str = "data", claim: str = "", **spec: Any) -> Object:
    """A StatefulSet with one claim template, and perhaps a claim that it mounts by name."""
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}] if claim else []
    mounts = [{"name": template, "mountPath": "/data"}, {"name": "v", "mountPath": "/v"}]
    pod = {"containers": [{"name": "c", "volumeMounts": mounts}], "initContainers": [{"name": "i", "volumeMounts": mounts[:1]}]}
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name, "namespace": "shop", "uid": "u", "resourceVersion": "7", "annotations": {"mine": "x"}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {**pod, "volumes": volumes}},
            "volumeClaimTemplates": [{"metadata": {"name": template}, "spec": wanted, "status": {"phase": "Pending"}}],
            **spec,
        },
        "status": {"replicas": replicas},
    }


CONVERTED = {f"data-db-{index}": NewClaim(f"data-new-db-{index}", "fast") for index in range(2)}
BACK = {new.name: NewClaim(old, "slow") for old, new in CONVERTED.items()}


def test_a_plan_says_which_claims_are_replaced_in_both_directions() -> None:
    """Skipped volumes, and those that keep their name, are not among them."""
    fast = pieces.volume("data:data-new", storageClass="fast") | {"storageClass": "slow"}
    plan = pieces.plan(fast, pieces.volume("logs"), pieces.volume("tmp:tmp-new", action="skip"))
    assert claims.forward(plan) == {"shop": {"data": NewClaim("data-new", "fast")}}
    assert claims.backward(plan) == {"shop": {"data-new": NewClaim("data", "slow")}}


@pytest.mark.parametrize("workload", [scalable.DEPLOYMENT, scalable.DEPLOYMENT_CONFIG, scalable.REPLICA_SET, kinds.ALL[-2]])
def test_a_workload_gets_its_claims_with_the_write_that_starts_it(workload: Workload) -> None:
    """After the patches it mounts the new claim and nothing of ours is left; twice is the same as once."""
    item = pieces.workload(workload.kind.kind, claims=("data", "other"), replicas=3)
    stopping = workload.stop(item)
    assert stopping is not None
    stopped = body.merge(item, stopping)
    patches = body.patches(workload, stopped, {"data": NewClaim("data-new")}, workload.start(stopped))
    after = stopped
    for patch in patches:
        after = body.merge(after, patch)
    assert not body.needs(workload, after, {"data": NewClaim("data-new")})
    mounted = [volume["persistentVolumeClaim"]["claimName"] for volume in after["spec"]["template"]["spec"]["volumes"]]
    assert mounted == ["data-new", "other"]
    assert after["spec"].get("replicas") == 3
    assert after["metadata"]["annotations"] == {}
    assert body.patches(workload, after, {"data": NewClaim("data-new")}, workload.start(after)) == []


@pytest.mark.parametrize("workload", [batch.CRON_JOB, batch.CRON_JOB_BETA], ids=["v1", "v1beta1"])
def test_a_cron_job_has_its_claims_one_level_deeper(workload: Workload) -> None:
    """It is resumed with the same patch; in the version of old clusters as well."""
    template = pieces.workload("Job", claims=("data",))["spec"]["template"]
    item = {
        "kind": "CronJob",
        "metadata": {"name": "c", "namespace": "shop", "annotations": {names.PRE_QUIESCE_SUSPEND: "true"}},
        "spec": {"suspend": True, "jobTemplate": {"spec": {"template": template}}},
    }
    [patch] = body.patches(workload, item, {"data": NewClaim("new")}, workload.start(item))
    after = body.merge(item, patch)
    assert after["spec"]["suspend"] is False
    assert body.volumes(workload.template(after), {"new": NewClaim("data")}) is not None


def test_what_a_deployment_keeps_and_what_has_ended_is_left_alone() -> None:
    """A ReplicaSet of an earlier roll-out, and a Job that is through."""
    replaced = {"data": NewClaim("new")}
    kept = pieces.workload("ReplicaSet", claims=("data",))
    assert body.needs(scalable.REPLICA_SET, kept, replaced)
    kept["metadata"]["ownerReferences"] = [{"controller": True, "uid": "d"}]
    assert not body.needs(scalable.REPLICA_SET, kept, replaced)
    done = pieces.workload("Job", claims=("data",))
    assert body.needs(batch.JOB, done, replaced)
    done["status"] = {"conditions": [{"type": "Complete", "status": "True"}]}
    assert not body.needs(batch.JOB, done, replaced)


def test_a_stateful_set_gets_another_template_with_its_class_and_mounts() -> None:
    """The template, its mounts in all containers, the class, and a claim that is mounted by name."""
    item = db(claim="shared")
    wanted = {**CONVERTED, "shared": NewClaim("shared-new")}
    made = stateful_set.converted(item, wanted, [], back=False)
    [template] = made["spec"]["volumeClaimTemplates"]
    assert (template["metadata"]["name"], template["spec"]["storageClassName"]) == ("data-new", "fast")
    pod = made["spec"]["template"]["spec"]
    assert [mount["name"] for mount in pod["containers"][0]["volumeMounts"]] == ["data-new", "v"]
    assert [mount["name"] for mount in pod["initContainers"][0]["volumeMounts"]] == ["data-new"]
    assert pod["volumes"] == [{"name": "v", "persistentVolumeClaim": {"claimName": "shared-new"}}]
    assert {"uid", "resourceVersion"} & made["metadata"].keys() == set()
    assert made["metadata"]["annotations"]["mine"] == "x"
    assert not stateful_set.needs(made, wanted)
    assert stateful_set.needs(made, BACK)
    assert item == db(claim="shared"), "what was read is not changed"


@given(before=CLASSES, after=CLASSES, count=st.integers(0, 3))
def test_a_conversion_of_a_set_that_is_taken_back_leaves_it_as_it_was(before: str, after: str, count: int) -> None:
    """Class and template exactly as a person wrote them, whatever the plan says of the class by now."""
    item = db(replicas=count)
    if before:
        item["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"] = before
    forth = {old: NewClaim(new.name, after) for old, new in CONVERTED.items()}
    back = stateful_set.converted(stateful_set.converted(item, forth, [], back=False), BACK, [], back=True)
    item["spec"]["volumeClaimTemplates"][0].pop("status")
    assert back["spec"] == item["spec"]
    assert back["metadata"]["annotations"] == {"mine": "x"}


def test_a_set_that_was_converted_by_another_program_gets_the_class_of_the_plan_back() -> None:
    """Without our annotation the plan's own words decide."""
    converted = stateful_set.converted(db(), CONVERTED, [], back=False)
    del converted["metadata"]["annotations"][names.CLAIM_TEMPLATES]
    [template] = stateful_set.converted(converted, BACK, [], back=True)["spec"]["volumeClaimTemplates"]
    assert (template["metadata"]["name"], template["spec"]["storageClassName"]) == ("data", "slow")


def test_a_temporary_set_keeps_everything_of_its_successor() -> None:
    """It has no pods; the successor has the number, or stays stopped with the number remembered."""
    made = stateful_set.converted(db(replicas=3), CONVERTED, [], back=False)
    kept = stateful_set.temporary(made)
    assert (kept["metadata"]["name"], kept["spec"]["replicas"]) == ("db-new", 0)
    assert stateful_set.is_temporary(kept)
    assert stateful_set.keeps(kept, made)
    assert stateful_set.successor(kept, stopped_by=None) == made
    stopped = stateful_set.successor(kept, stopped_by={names.QUIESCED_BY: "p.m"})
    assert scalable.STATEFUL_SET.is_stopped(stopped)
    [starting] = scalable.STATEFUL_SET.start(stopped)
    assert starting["spec"] == {"replicas": 3}


def test_a_temporary_set_of_the_other_direction_is_told() -> None:
    """It was left over when a conversion was canceled; so was one for another number of pods."""
    made = stateful_set.converted(db(), CONVERTED, [], back=False)
    kept = stateful_set.temporary(made)
    assert not stateful_set.keeps(kept, stateful_set.converted(made, BACK, [], back=True))
    assert not stateful_set.keeps(kept, stateful_set.converted(db(replicas=1), CONVERTED, [], back=False))


@given(st.text("abc-", min_size=1, max_size=63))
def test_the_name_of_a_temporary_set_can_be_a_label(name: str) -> None:
    """Its controller puts it on revisions."""
    assert len(stateful_set.temporary_name(name)) <= 63
    assert stateful_set.temporary_name(name) != name


def the_job(**spec: Any) -> Object:
    """A Job that has begun, as the server shows it."""
    item = pieces.workload("Job", "import", claims=("data",), parallelism=0, completions=4, **spec)
    identity = {"controller-uid": "u", "batch.kubernetes.io/controller-uid": "u", "job-name": "import", "app": "shop"}
    item["metadata"] |= {"labels": dict(identity), "annotations": {names.PRE_QUIESCE_REPLICAS: "2"}}
    item["spec"]["template"]["metadata"] = {"labels": dict(identity)}
    item["spec"]["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}}
    return item


def test_a_job_is_made_anew_without_its_old_identity() -> None:
    """Another name, always the same one for the same Job; it runs, and remembers what it was called."""
    item = the_job()
    made = job.converted(item, {"data": NewClaim("new")}, batch.JOB.start(item), back=False)
    assert made["metadata"]["name"] == job.new_name(item, back=False) != "import"
    assert made["metadata"]["name"].startswith("import-")
    assert made["metadata"]["labels"] == made["spec"]["template"]["metadata"]["labels"] == {"app": "shop"}
    assert made["metadata"]["annotations"] == {names.NAME_BEFORE: "import"}
    assert (made["spec"]["parallelism"], made["spec"]["completions"]) == (2, 4)
    assert {"selector"} & made["spec"].keys() == set()
    assert {"uid", "resourceVersion"} & made["metadata"].keys() == set()
    assert not body.needs(batch.JOB, made, {"data": NewClaim("new")})


def test_a_job_gets_its_name_back() -> None:
    """Also when it had been made anew more than once."""
    first = job.converted(the_job(), {"data": NewClaim("new")}, [], back=False)
    first["metadata"]["uid"] = "v"
    second = job.converted(first, {"new": NewClaim("newer")}, [], back=False)
    assert second["metadata"]["annotations"][names.NAME_BEFORE] == "import"
    back = job.converted({**second, "metadata": {**second["metadata"], "uid": "w"}}, {"newer": NewClaim("data")}, [], back=True)
    assert back["metadata"]["name"] == "import"
    assert names.NAME_BEFORE not in back["metadata"]["annotations"]


@pytest.mark.parametrize(
    ("item", "converted", "existing", "others", "word"),
    [
        (db(), CONVERTED, ["data-db-0", "data-db-1"], (), ""),
        (db(), CONVERTED, ["data-db-0", "data-db-1", "data-db-2"], (), "skips data-db-2"),
        (db(), {"data-db-0": NewClaim("elsewhere")}, ["data-db-0"], (), "do not fit"),
        (db(), {"data-db-0": NewClaim("a-db-0"), "data-db-1": NewClaim("b-db-1")}, ["data-db-0", "data-db-1"], (), "do not fit"),
        (db(persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete"}), CONVERTED, ["data-db-0", "data-db-1"], (), "whenScaled"),
        (db(), CONVERTED, ["data-db-0", "data-db-1"], (db(name="db-new"),), "db-new"),
        (db(name="idle"), CONVERTED, ["data-db-0", "data-idle-0"], (), ""),
    ],
)
def test_what_a_set_cannot_do_is_said_before_anything_is_done(
    item: Object, converted: claims.Names, existing: list[str], others: tuple[Object, ...], word: str
) -> None:
    """Each obstacle has a sentence that names it."""
    found = list(obstacles.of_stateful_set(item, converted, existing, others))
    assert len(found) == bool(word)
    assert all(word in text for text in found)


def test_original_templates_are_kept_as_written() -> None:
    """Not what the server adds."""
    made = stateful_set.converted(db(), CONVERTED, [], back=False)
    kept = codec.loads(made["metadata"]["annotations"][names.CLAIM_TEMPLATES])
    assert [entry.keys() for entry in kept] == [{"metadata", "spec"}]


def test_a_pod_that_nobody_makes_anew_is_told_before_anything_is_done() -> None:
    """It would go on with the old claim, and the application be split over two volumes."""
    by = {"kind": "ReplicaSet", "metadata": {"name": "web-1", "uid": "u"}}
    strange = {"kind": "StrimziPodSet", "metadata": {"name": "kafka", "uid": "v"}}
    running = [
        pieces.pod("bare", claims=("data",)),
        pieces.pod("web-1-a", claims=("data",), owner=by),
        pieces.pod("kafka-0", claims=("data",), owner=strange),
        pieces.pod("apart", claims=("other",)),
    ]
    (text,) = obstacles.of_pods(running, {"data": NewClaim("data-new", "fast")})
    assert text.startswith("Pods shop/bare, shop/kafka-0 use claims that are to be converted")
    assert obstacles.of_pods(running[1:2], {"data": NewClaim("data-new", "fast")}) == []
