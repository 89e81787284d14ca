"""Order, comparison and the actions of restores."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.api import names
from mtc.engine import actions, backup_actions, restore_actions
from mtc.engine.restore import context, definitions, existing, order, persistent_volumes
from mtc.engine.restore_actions import (
    claim_name,
    ephemeral_claim,
    final_pod,
    image_references,
    job,
    made_by_cluster,
    migrated_volume,
    migration_labels,
    persistent_volume_claim,
    pod,
    pod_volume_restore,
    role_bindings,
    service,
    service_account,
    stage_pod,
)

JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3), max_leaves=8)  # fmt: skip


class _Sizes:
    """A namespace in which nothing large may be asked for."""

    async def of(self, namespace: str) -> dict[str, str]:
        """By the name of the namespace of the target."""
        return {"cpu": "50m", "memory": "32Mi"} if namespace == "target" else {}


def subject(*, labels: dict[str, str] | None = None, annotations: dict[str, str] | None = None, **spec: Any) -> context.Subject:
    """A Subject of a restore with these labels and spec; namespaces shop → target."""
    restore = {"metadata": {"name": "r", "uid": "u-1", "labels": labels or {}, "annotations": annotations or {}}, "spec": spec}
    fields = {field.name: None for field in dataclasses.fields(context.Context)}
    given_fields = {
        "restore": restore,
        "backup": {"metadata": {"name": "b"}},
        "mapping": {"shop": "target"},
        "copies": {},
        "helper_image": "mtc:1",
        "sizes": _Sizes(),
    }
    run = context.Context(**{**fields, **given_fields})  # type: ignore[arg-type]
    return context.Subject(run, {"metadata": {"name": "p"}, "status": {}}, "shop", "target")


def test_definitions_come_first_and_webhooks_last() -> None:
    """Whatever the kinds, a tier never needs a later one."""
    tiers = order.tiers(["services", "widgets.sample.test", "pods", "secrets", "serviceaccounts", "persistentvolumeclaims", "nodes",
                         "validatingwebhookconfigurations.admissionregistration.k8s.io", "namespaces", order.DEFINITIONS])  # fmt: skip
    flat = [name for tier in tiers for name in sorted(tier)]
    assert flat[:2] == [order.DEFINITIONS, "namespaces"]
    assert flat[-1].startswith("validatingwebhook")
    assert flat.index("serviceaccounts") < flat.index("secrets") < flat.index("pods") < flat.index("widgets.sample.test")
    assert flat.index("persistentvolumeclaims") < flat.index("pods")
    assert "nodes" not in flat


@given(st.sets(st.sampled_from(["pods", "secrets", "configmaps", "a.b", "c.d", "services", "replicasets.apps"])))
def test_every_type_is_in_exactly_one_tier(kinds: set[str]) -> None:
    """No type is lost or restored twice."""
    flat = [name for tier in order.tiers(kinds) for name in tier]
    assert sorted(flat) == sorted(kinds)


@given(JSON)
def test_an_object_is_the_same_as_itself(value: Any) -> None:
    """Comparison is reflexive."""
    assert existing.is_same(value, value)


def test_defaults_of_the_server_are_no_difference() -> None:
    """What the live object has beside the desired does not count; what it lacks or says otherwise does."""
    desired = {"kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}]}}
    live = {
        "kind": "Service",
        "metadata": {"name": "a", "uid": "x"},
        "spec": {"ports": [{"port": 80, "protocol": "TCP"}], "type": "ClusterIP"},
    }
    assert not existing.differs(desired, live, ignored_labels={})
    live["spec"]["ports"][0]["port"] = 81  # type: ignore[index]
    assert existing.differs(desired, live, ignored_labels={})


def test_a_key_more_in_a_config_map_is_a_difference() -> None:
    """Data is compared whole: an extra key is not a default of the server, and an update removes it."""
    desired = {"metadata": {"name": "a"}, "data": {"k": "1"}}
    live = {"metadata": {"name": "a"}, "data": {"k": "1", "more": "2"}}
    assert existing.differs(desired, live, ignored_labels={})
    assert existing.update_patch(desired, live) == {"data": {"k": "1", "more": None}}


def test_what_a_pod_is_given_is_no_difference() -> None:
    """Neither the token volume of the API server nor the container that waits for data makes an existing pod another one."""
    token = {"name": "kube-api-access-x", "projected": {}}
    wanted = {"kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "volumeMounts": []}], "volumes": []}}
    mounts = [{"name": token["name"], "mountPath": "/t"}]
    live = {
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {"containers": [{"name": "c", "volumeMounts": mounts}], "volumes": [token], "nodeName": "n"},
    }
    waiting = {"name": pod_volume_restore.CONTAINER}
    held = wanted | {"spec": {**wanted["spec"], "initContainers": [waiting], "volumes": [{"name": pod_volume_restore.VOLUME}]}}  # type: ignore[dict-item]
    assert not existing.differs(wanted, live, ignored_labels={})
    assert not existing.differs(held, live, ignored_labels={})
    assert live["spec"]["volumes"] == [token], "what is compared stays as it is"  # type: ignore[index]
    assert existing.differs(wanted | {"spec": {"containers": [{"name": "d"}]}}, live, ignored_labels={})


@pytest.mark.parametrize(
    ("name", "made", "expected"),
    [
        ("r", "2026-01-02T00:00:00Z", True),
        ("r", "2026-01-01T23:00:00Z", False),
        ("other", "2026-01-02T00:00:05Z", False),
        (None, "2026-01-02T00:00:05Z", False),
    ],
)
def test_objects_of_an_earlier_restore_of_the_name_are_not_ours(name: str | None, made: str, *, expected: bool) -> None:
    """What was there before the Restore was made cannot be its work."""
    restore = {"metadata": {"name": "r", "creationTimestamp": "2026-01-02T00:00:00Z"}}
    labels = {names.RESTORE_NAME: name} if name else None
    assert existing.is_made_by(restore, {"metadata": {"labels": labels, "creationTimestamp": made}}) is expected


def test_accounts_are_merged() -> None:
    """Secrets and labels are added, what is there stays, and the label that a rollback deletes by is not put on it."""
    desired = {"metadata": {"labels": {"a": "new", "b": "2", "by": "us"}}, "imagePullSecrets": [{"name": "x"}, {"name": "y"}]}
    live = {"metadata": {"labels": {"a": "old"}}, "imagePullSecrets": [{"name": "x"}]}
    assert existing.merged_account(desired, live, kept_off={"by"}) == {
        "imagePullSecrets": [{"name": "x"}, {"name": "y"}],
        "metadata": {"labels": {"b": "2"}},
    }
    assert existing.merged_account(live, live, kept_off=()) == {}


@pytest.mark.parametrize(
    ("policy", "info", "annotations", "decision"),
    [
        ("Retain", {"backupMethod": "PodVolumeBackup"}, {}, "provision"),
        ("Retain", {"skipped": True}, {}, "restore"),
        ("Delete", {"skipped": True}, {}, "provision"),
        ("Delete", None, {}, "provision"),
        ("Delete", None, {names.MIGRATE_TYPE: "move"}, "restore"),
        ("Retain", None, {names.MIGRATE_TYPE: "copy"}, "provision"),
    ],
)
def test_volumes_are_made_anew_or_restored(policy: str, info: dict[str, Any] | None, annotations: dict[str, str], decision: str) -> None:
    """A volume whose data is in the backup is provisioned; one that outlives its claim is restored as it is."""
    volume = {"metadata": {"annotations": annotations}, "spec": {"persistentVolumeReclaimPolicy": policy}}
    assert persistent_volumes.decide(volume, info, copied_claims=frozenset()) == decision


async def test_services_get_new_addresses_and_keep_asked_for_ports() -> None:
    """Cluster IPs go, headless stays; node ports stay only where a person set them."""
    item = {
        "metadata": {"name": "web", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"spec":{"ports":[{"name":"a","nodePort":30001}]}}'}},
        "spec": {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "type": "NodePort",
                 "ports": [{"name": "a", "port": 80, "nodePort": 30001}, {"name": "b", "port": 81, "nodePort": 30002}]},
    }  # fmt: skip
    result = (await service.ACTION.apply(item, subject())).item
    assert result is not None
    assert "clusterIP" not in result["spec"]
    assert [port.get("nodePort") for port in result["spec"]["ports"]] == [30001, None]
    headless = (await service.ACTION.apply({"metadata": {}, "spec": {"clusterIP": "None"}}, subject())).item
    assert headless is not None
    assert headless["spec"]["clusterIP"] == "None"


async def test_bindings_follow_mapped_namespaces() -> None:
    """Accounts, and the groups and users that stand for accounts, point to the target namespace; others stay."""
    subjects = [
        {"kind": "ServiceAccount", "name": "a", "namespace": "shop"},
        {"kind": "Group", "name": "system:serviceaccounts:shop"},
        {"kind": "User", "name": "system:serviceaccount:shop:a"},
        {"kind": "ServiceAccount", "name": "b", "namespace": "other"},
        {"kind": "Group", "name": "system:serviceaccounts"},
    ]
    result = (await role_bindings.ACTION.apply({"subjects": subjects}, subject())).item
    assert result is not None
    assert [entry.get("namespace") or entry["name"] for entry in result["subjects"]] == [
        "target",
        "system:serviceaccounts:target",
        "system:serviceaccount:target:a",
        "other",
        "system:serviceaccounts",
    ]


def _pod(**meta: Any) -> dict[str, Any]:
    volumes = [
        {"name": "data", "persistentVolumeClaim": {"claimName": "c"}},
        {"name": "conf", "configMap": {"name": "m"}},
        {"name": "kube-api-access-x", "projected": {}},
    ]
    mounts = [{"name": "data", "mountPath": "/d"}, {"name": "kube-api-access-x", "mountPath": "/t"}]
    return {
        "kind": "Pod",
        "metadata": {"name": "p", "labels": {"app": "web", "migplan": "x"}, **meta},
        "spec": {"nodeName": "n1", "nodeSelector": {"a": "b"}, "containers": [{"name": "web", "image": "i", "volumeMounts": mounts, "env": [{}]}], "volumes": volumes,
                 "serviceAccountName": "sa", "securityContext": {"fsGroup": 5}},
    }  # fmt: skip


async def test_a_pod_forgets_its_node_and_tokens() -> None:
    """Node and injected token volumes go; its claims are restored with it."""
    outcome = await pod.ACTION.apply(_pod(), subject())
    assert outcome.item is not None
    assert "nodeName" not in outcome.item["spec"]
    assert [volume["name"] for volume in outcome.item["spec"]["volumes"]] == ["data", "conf"]
    assert [mount["name"] for mount in outcome.item["spec"]["containers"][0]["volumeMounts"]] == ["data"]
    assert outcome.related == (actions.Related("persistentvolumeclaims", "shop", "c"),)


async def test_a_stage_pod_only_sleeps() -> None:
    """In a stage restore nothing of the application runs, its labels are gone, its volumes, identity and claims stay."""
    of_stage = subject(labels={names.STAGE_RESTORE: "m"}, annotations={names.STAGE_POD_IMAGE: "stage:1"})
    item = (await stage_pod.ACTION.apply(_pod(), of_stage)).item
    assert item is not None
    container = item["spec"]["containers"][0]
    assert (container["image"], container["command"]) == ("stage:1", ["sleep", "infinity"])
    assert item["metadata"]["labels"] == {"migplan": "x", names.IS_STAGE_POD: "True"}
    assert [volume["name"] for volume in item["spec"]["volumes"]] == ["data"]
    assert item["spec"]["securityContext"] == {"fsGroup": 5}
    assert item["spec"]["terminationGracePeriodSeconds"] == 0
    untouched = _pod()
    assert (await stage_pod.ACTION.apply(_pod(), subject())).item == untouched


async def test_pods_of_controllers_are_left_to_them_in_a_final_restore() -> None:
    """A pod with an owner is not restored, one without is, free of its node selector."""
    final = subject(labels={names.FINAL_RESTORE: "m"})
    owned = dataclasses.replace(final, original={"metadata": {"ownerReferences": [{}]}})
    assert (await final_pod.ACTION.apply(_pod(), owned)).item is None
    alone = (await final_pod.ACTION.apply(_pod(), final)).item
    assert alone is not None
    assert "nodeSelector" not in alone["spec"]


async def test_claims_of_pods_are_left_to_the_cluster() -> None:
    """Only those that a pod owns: a StatefulSet's own claims come along."""
    item = {"kind": "PersistentVolumeClaim", "metadata": {"name": "web-cache", "namespace": "shop"}, "spec": {}}
    for owner, expected in (({"kind": "Pod", "controller": True}, None), ({"kind": "StatefulSet", "controller": True}, item), (None, item)):
        found = dataclasses.replace(subject(), original={"metadata": {"ownerReferences": [owner] if owner else []}})
        assert (await ephemeral_claim.ACTION.apply(item, found)).item == expected


async def test_pods_with_data_wait_for_it() -> None:
    """The waiting container comes first, names the restore and the volumes, and stale ones of older restores are gone."""
    waiting = subject()
    copies = {("shop", "p"): [{"spec": {"volume": "data"}}, {"spec": {"volume": "gone"}}]}
    waiting = dataclasses.replace(waiting, context=dataclasses.replace(waiting.context, copies=copies))
    item = _pod()
    item["spec"]["initContainers"] = [{"name": "restic-wait"}, {"name": "own"}]
    result = (await pod_volume_restore.ACTION.apply(item, waiting)).item
    assert result is not None
    first, second = result["spec"]["initContainers"]
    assert (first["name"], second["name"]) == ("restore-wait", "own")
    assert first["args"] == ["u-1", "data"]
    assert first["resources"]["limits"] == first["resources"]["requests"] == {"cpu": "50m", "memory": "32Mi"}
    assert result["spec"]["volumes"][-1] == {"name": "mtc-restore-wait", "emptyDir": {}}
    without = (await pod_volume_restore.ACTION.apply(_pod(), subject())).item
    assert without is not None
    assert "initContainers" not in without["spec"]


async def test_state_arrives_under_the_names_of_the_plan() -> None:
    """Claims, pods that mount them and volumes that are bound to them; what is not named keeps its name."""
    renaming = subject(annotations={names.CLAIM_NAMES: '{"shop/data":"data-new","else/logs":"wrong"}'})
    claim: dict[str, Any] = {"kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": {}}
    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in ("data", "logs")]
    mounting: dict[str, Any] = {"kind": "Pod", "metadata": {"name": "p"}, "spec": {"volumes": [*volumes, {"name": "x", "emptyDir": {}}]}}
    volume: dict[str, Any] = {"kind": "PersistentVolume", "metadata": {}, "spec": {"claimRef": {"namespace": "target", "name": "data"}}}
    for item in (claim, mounting, volume):
        assert (await claim_name.ACTION.apply(item, renaming)).item is item
    assert claim["metadata"]["name"] == "data-new"
    assert [volume["persistentVolumeClaim"]["claimName"] for volume in mounting["spec"]["volumes"][:2]] == ["data-new", "logs"]
    assert volume["spec"]["claimRef"]["name"] == "data-new"
    kept = {"kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": {}}
    await claim_name.ACTION.apply(kept, subject())
    assert kept["metadata"]["name"] == "data"


async def test_within_a_namespace_a_stage_pod_gets_another_name() -> None:
    """The pod that was backed up is still there; the copy is found by what it was called, and nobody takes it for the application's."""
    marks = {names.STAGE_RESTORE: "uid"}
    inside = subject(labels=marks, annotations={names.CLAIM_NAMES: "{}"})
    inside = dataclasses.replace(inside, target_namespace="shop")
    labels = {names.IS_STAGE_POD: "True", names.IS_APPLICATION_POD: "True", "migmigration": "uid"}
    item: dict[str, Any] = {"kind": "Pod", "metadata": {"name": "web-0", "labels": labels}, "spec": {"containers": [{"name": "c"}]}}
    result = (await stage_pod.ACTION.apply(item, inside)).item
    assert result is not None
    assert (result["metadata"]["name"], result["metadata"]["annotations"]) == ("web-0-copy", {names.STAGE_POD_OF: "web-0"})
    assert result["metadata"]["labels"] == {names.IS_STAGE_POD: "True", "migmigration": "uid"}


async def test_claims_get_the_plans_class_and_mode() -> None:
    """The choices of the plan are applied, the marks that carried them and the old binding go."""
    annotations = {names.MIGRATE_TYPE: "copy", names.TARGET_STORAGE_CLASS: "fast", names.TARGET_ACCESS_MODE: "ReadWriteMany",
                   names.COPY_METHOD: "filesystem", "pv.kubernetes.io/bind-completed": "yes", "mine": "stays"}  # fmt: skip
    claim = {
        "kind": "PersistentVolumeClaim",
        "metadata": {"annotations": annotations},
        "spec": {"storageClassName": "slow", "selector": {}, "accessModes": ["ReadWriteOnce"]},
    }
    await persistent_volume_claim.ACTION.apply(claim, subject())
    result = (await migrated_volume.ACTION.apply(claim, subject())).item
    assert result is not None
    assert result["spec"] == {"storageClassName": "fast", "accessModes": ["ReadWriteMany"]}
    assert result["metadata"]["annotations"] == {"mine": "stays"}


@pytest.mark.parametrize(("asked", "wanted", "given"), [("1Gi", "2Gi", "2Gi"), ("2Gi", "1Gi", "2Gi"), ("1Gi", "much", "1Gi")])
async def test_claims_get_the_capacity_that_was_confirmed(asked: str, wanted: str, given: str) -> None:
    """Never less than they ask for; what is no quantity changes nothing."""
    annotations = {names.MIGRATE_TYPE: "copy", names.TARGET_CAPACITY: wanted}
    spec = {"resources": {"requests": {"storage": asked}}}
    claim = {"kind": "PersistentVolumeClaim", "metadata": {"annotations": annotations}, "spec": spec}
    result = (await migrated_volume.ACTION.apply(claim, subject())).item
    assert result is not None
    assert result["spec"]["resources"]["requests"]["storage"] == given
    assert result["metadata"]["annotations"] == {}


async def test_migrated_objects_say_by_which_plan() -> None:
    """Labels of the migration stand on namespaced objects, and never without a migration."""
    of_plan = subject(labels={names.MIGRATED_BY_MIGPLAN: "plan", names.MIGRATED_BY_MIGMIGRATION: "run"})
    item = (
        await migration_labels.ACTION.apply({"kind": "Secret", "metadata": {"labels": {names.INCLUDED_IN_STAGE_BACKUP: "x"}}}, of_plan)
    ).item
    assert item is not None
    assert item["metadata"]["labels"] == {
        names.MIGRATED_BY_MIGPLAN: "plan",
        names.MIGRATED_BY_MIGMIGRATION: "run",
        names.MIGRATED_BY_BACKUP: "b",
    }
    plain = (await migration_labels.ACTION.apply({"kind": "Secret", "metadata": {}}, subject())).item
    assert plain == {"kind": "Secret", "metadata": {"labels": {}}}


@pytest.mark.parametrize(
    ("item", "restored"),
    [
        ({"kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt"}}, False),
        ({"kind": "ConfigMap", "metadata": {"name": "settings"}}, True),
        (
            {
                "kind": "EndpointSlice",
                "metadata": {"name": "x", "labels": {"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}},
            },
            False,
        ),
        ({"kind": "EndpointSlice", "metadata": {"name": "mine"}}, True),
        ({"kind": "Endpoints", "metadata": {"name": "mine"}}, True),
    ],
)
async def test_what_the_target_makes_itself_is_not_restored(item: dict[str, Any], *, restored: bool) -> None:
    """Objects of the target's controllers are left to them; a person's own of the same kind are restored."""
    assert ((await made_by_cluster.ACTION.apply(item, subject())).item is not None) is restored


async def test_jobs_and_accounts_lose_their_old_identity() -> None:
    """A job's controller uid and an account's generated token Secret belong to the other cluster."""
    labels = {"controller-uid": "x", "batch.kubernetes.io/controller-uid": "x", "job-name": "j"}
    item = {"metadata": {}, "spec": {"selector": {"matchLabels": dict(labels)}, "template": {"metadata": {"labels": dict(labels)}}}}
    result = (await job.ACTION.apply(item, subject())).item
    assert result is not None
    assert result["spec"]["selector"]["matchLabels"] == result["spec"]["template"]["metadata"]["labels"] == {"job-name": "j"}
    account = {"metadata": {"name": "sa"}, "secrets": [{"name": "sa-token-abc"}, {"name": "mine"}]}
    merged = (await service_account.ACTION.apply(account, subject())).item
    assert merged is not None
    assert merged["secrets"] == [{"name": "mine"}]


@pytest.mark.parametrize("folder", [backup_actions, restore_actions])
def test_every_file_holds_an_action(folder: Any) -> None:
    """A file without ACTION fails here, and no two actions share a name."""
    found = actions.load(folder)
    assert found
    assert len({action.name for action in found}) == len(found)
    assert all(action.applies_to for action in found)


@pytest.mark.parametrize(
    "status", [None, {}, {"conditions": None}, {"conditions": []}, {"conditions": [{"type": "NamesAccepted", "status": "True"}]}]
)
def test_a_definition_is_waited_for_from_its_first_moment(status: dict[str, Any] | None) -> None:
    """Servers show it before they have anything to say about it, with null in place of a list."""
    assert not definitions._is_established({"status": status})


def test_a_definition_that_is_served_is_not_waited_for() -> None:
    """Nor one that could not be made, about which everything has been said."""
    served = [{"type": kind, "status": "True"} for kind in ("NamesAccepted", "Established")]
    assert definitions._is_established({"status": {"conditions": served}})
    assert definitions._is_established(None)


@pytest.mark.parametrize(
    ("ago_s", "left_s"), [(0.5, 1.5), (30.0, 0.0), (-600.0, 2.0), (None, 0.0)], ids=["now", "old", "clock ahead", "untold"]
)
def test_a_definition_is_new_for_two_seconds(ago_s: float | None, left_s: float) -> None:
    """Requests for its objects are held by the API server so long; a clock that differs makes nobody wait longer."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    time = {} if ago_s is None else {"lastTransitionTime": (now - timedelta(seconds=ago_s)).isoformat()}
    known = {"status": {"conditions": [{"type": "Established", "status": "True", **time}]}}
    assert max(0.0, definitions._left_s(known, now_s=now.timestamp())) == pytest.approx(left_s)
    assert definitions._left_s(None, now_s=0) == 0


# --- images ---------------------------------------------------------------------------------------------------------------------

OWN, THERE = "registry.one:5000", "registry.two:5000"
HOSTS = {names.BACKUP_REGISTRY_HOST: OWN, names.RESTORE_REGISTRY_HOST: THERE}


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (f"{OWN}/shop/web@sha256:1", f"{THERE}/target/web@sha256:1"),
        (f"{OWN}/openshift/ruby:3", f"{THERE}/openshift/ruby:3"),
        (f"{OWN}0/shop/web:1", f"{OWN}0/shop/web:1"),
        ("quay.io/shop/web:1", "quay.io/shop/web:1"),
        (f"{OWN}/odd", f"{THERE}/odd"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("kind", ["Pod", "Deployment", "CronJob", "DeploymentConfig"])
async def test_references_follow_host_and_namespace(kind: str, image: str, expected: str) -> None:
    """In all containers of pods and templates; without the names of both registries they stay."""
    for notes, wanted in ((HOSTS, expected), ({}, image), ({names.BACKUP_REGISTRY_HOST: OWN}, image)):
        pod: Any = {"containers": [{"name": "a", "image": image}], "initContainers": [{"name": "b", "image": image}]}
        template = {"template": {"spec": pod}}
        spec = pod if kind == "Pod" else {"jobTemplate": {"spec": template}} if kind == "CronJob" else template
        await image_references.apply({"kind": kind, "metadata": {"name": "x"}, "spec": spec}, subject(annotations=notes))
        assert [container["image"] for key in ("containers", "initContainers") for container in pod[key]] == [wanted, wanted]


async def test_triggers_follow_the_streams_of_the_target() -> None:
    """Those of DeploymentConfigs, and those that an annotation holds; another annotation that is no JSON is left alone."""
    params = {"from": {"kind": "ImageStreamTag", "name": "web:1", "namespace": "shop"}, "lastTriggeredImage": f"{OWN}/shop/web@sha256:1"}
    item = {
        "kind": "DeploymentConfig",
        "metadata": {"name": "x", "annotations": {"image.openshift.io/triggers": '[{"from":{"name":"a:1","namespace":"shop"}},1]'}},
        "spec": {"triggers": [{"type": "ConfigChange"}, {"type": "ImageChange", "imageChangeParams": params}]},
    }
    await image_references.apply(item, subject(annotations=HOSTS))
    assert params == {
        "from": {"kind": "ImageStreamTag", "name": "web:1", "namespace": "target"},
        "lastTriggeredImage": f"{THERE}/target/web@sha256:1",
    }
    assert item["metadata"]["annotations"] == {"image.openshift.io/triggers": '[{"from":{"name":"a:1","namespace":"target"}},1]'}
    for kept in ("{", "{}", '[{"from":{"namespace":"other"}}]'):
        other = {"kind": "Deployment", "metadata": {"name": "x", "annotations": {"image.openshift.io/triggers": kept}}}
        await image_references.apply(other, subject(annotations=HOSTS))
        assert other["metadata"] == {"name": "x", "annotations": {"image.openshift.io/triggers": kept}}
