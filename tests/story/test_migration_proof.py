"""Given a migration, when it has brought everything over, then that is compared with what was saved, and whatever differs is named."""

import gzip
from typing import Any

import pytest

from kit import migrations, mortal, planes
from kit.migrations import World
from mtc.api import conditions, names
from mtc.engine import layout
from mtc.kube import codec, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

pytestmark = pytest.mark.anyio

SECRET = "czNjcjN0LW9mLXRoZS1zaG9w"
TAMPERED = "dGFtcGVyZWQtd2l0aA=="
ELSEWHERE = "elsewhere"
CLAIMS = resources.PERSISTENT_VOLUME_CLAIMS


def kind(group: str, version: str, plural: str, name: str) -> ResourceType:
    """A type."""
    return ResourceType(group, version, plural, name)


SPECS: dict[ResourceType, dict[str, Any]] = {
    resources.CONFIG_MAPS: {"data": {"motd": "hello", "mode": "a"}, "binaryData": {"logo": "AAEC"}},
    resources.SECRETS: {"data": {"password": SECRET}, "type": "Opaque"},
    resources.SERVICE_ACCOUNTS: {"automountServiceAccountToken": False},
    resources.SERVICES: {"spec": {"selector": {"app": "web"}, "ports": [{"port": 80} ]}},
    kind("", "v1", "limitranges", "LimitRange"): {"spec": {"limits": [{"type": "Container", "default": {"cpu": "1000m"}}]}},
    kind("", "v1", "resourcequotas", "ResourceQuota"): {"spec": {"hard": {"pods": "30"}}},
    kind("apps", "v1", "deployments", "Deployment"): {
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "registry.example/app:1", "env": [{"name": "A", "value": "1"}]}]},
            },
        }
    },
    kind("apps", "v1", "statefulsets", "StatefulSet"): {
        "spec": {
            "replicas": 0,
            "serviceName": "web",
            "selector": {"matchLabels": {"app": "db"}},
            "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "db", "image": "registry.example/db:1"}]}},
            "volumeClaimTemplates": [
                {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
            ],
        }
    },
    kind("batch", "v1", "cronjobs", "CronJob"): {
        "spec": {
            "schedule": "0 0 1 1 *",
            "jobTemplate": {
                "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "registry.example/c:1"}]}}}
            },
        }
    },
    kind("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"): {
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "thing"}, "maxReplicas": 3}
    },
    kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget"): {
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    },
    kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy"): {"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}},
    kind("networking.k8s.io", "v1", "ingresses", "Ingress"): {
        "spec": {"defaultBackend": {"service": {"name": "thing", "port": {"number": 80}}}}
    },
    kind("rbac.authorization.k8s.io", "v1", "roles", "Role"): {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
    kind("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"): {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "thing"},
        "subjects": [{"kind": "ServiceAccount", "name": "thing"}, {"kind": "User", "name": "thing"}],
    },
    kind("coordination.k8s.io", "v1", "leases", "Lease"): {"spec": {"holderIdentity": "me"}},
}  # fmt: skip


async def fill(world: World) -> None:
    """One object of every common kind, all of one name."""
    for its, content in SPECS.items():
        body = dict(content)
        if its.kind == "RoleBinding":
            body["subjects"] = [
                {
                    **subject,
                    **({"namespace": world.app} if subject["kind"] == "ServiceAccount" else {"apiGroup": "rbac.authorization.k8s.io"}),
                }
                for subject in body["subjects"]
            ]
        meta = {"labels": {"app.kubernetes.io/name": "thing"}, "annotations": {"owner": "somebody"}}
        await world.make(world.remote, its, "thing", metadata=meta, **body)


def report_of(data: bytes) -> list[Object]:
    """The documents of a report."""
    return [codec.loads(line) for line in gzip.decompress(data).splitlines()]


async def test_what_arrived_as_it_was_is_proved(host: Client, remote: Client) -> None:
    """Objects of every common kind, restored by a real engine into a namespace of another name: no difference, nothing left out."""
    async with migrations.stage(host, remote, is_engine_real=True) as world:
        await fill(world)
        await world.declare(volumes=[], mapping=f"{world.app}-{ELSEWHERE}")
        await world.migrate("proved")
        async with migrations.running(world):
            over = await world.until_over("proved")
        proof = over["status"]["proof"]
        lines = report_of(await world.store.get(proof["report"]))
    assert planes.found(over).keys() == {conditions.SUCCEEDED, conditions.READY}, (proof, lines)
    assert (proof["state"], proof.get("differences", []), proof.get("notCompared", [])) == ("proved", [], [])
    counts = proof["objects"]
    assert counts["compared"] == counts["equal"] + counts["changed"]
    assert counts["equal"] >= len(SPECS) - 1, "all but the Lease, and the namespace"
    assert lines[0]["uid"] == over["metadata"]["uid"]
    assert {line["result"] for line in lines[1:]} == {"changed"}


async def test_whatever_differs_is_named_and_the_migration_ends_with_warnings(host: Client, remote: Client) -> None:
    """One field of a ConfigMap, a deleted Secret, another Secret's key, replicas, a rule: each is found, and no value is told."""
    async with migrations.stage(host, remote, is_engine_real=True) as world:
        await fill(world)
        await world.make(remote, resources.SECRETS, "doomed", data={"token": SECRET})
        await world.declare(volumes=[])
        await world.migrate("tampered")
        await mortal.live_and_die(
            world, "tampered", mortal.Reaper(before=False, at=mortal.is_status(resources.MIG_MIGRATIONS)), until="ObjectsProved"
        )
        for its, patch in (
            (resources.CONFIG_MAPS, {"data": {"motd": "goodbye", "new": "x"}}),
            (resources.SECRETS, {"data": {"password": TAMPERED}}),
            (resources.DEPLOYMENTS, {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 7}}}}),
            (
                kind("rbac.authorization.k8s.io", "v1", "roles", "Role"),
                {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}]},
            ),
            # An autoscaler may do this at any moment.
            (resources.STATEFUL_SETS, {"spec": {"replicas": 0}}),
        ):
            await host.patch(its, "thing", patch, namespace=world.app)
        await host.delete(resources.SECRETS, "doomed", namespace=world.app)
        async with migrations.running(world):
            over = await world.until_over("tampered")
        proof = over["status"]["proof"]
        packed = await world.store.get(proof["report"])
    expected = {
        ("ConfigMap", "thing"): ["key motd of data differs", "key new of data was not in the source"],
        ("Secret", "doomed"): ["is missing"],
        ("Secret", "thing"): ["key password of data differs"],
        ("Deployment", "thing"): ["spec.template.spec.terminationGracePeriodSeconds 30 became 7"],
        ("Role", "thing"): ["rules[0].verbs[0] differs"],
    }
    assert {(item["kind"], item["name"]): item["what"] for item in proof["differences"]} == expected
    assert all(item["namespace"] == world.app for item in proof["differences"])
    assert (proof["state"], proof["objects"]["different"]) == ("different", 5)
    found = planes.found(over)
    assert found.keys() == {conditions.PROOF_FAILED, conditions.SUCCEEDED_WITH_WARNINGS, conditions.READY}
    assert found[conditions.PROOF_FAILED]["category"] == conditions.WARN
    assert f"Secret {world.app}/doomed (is missing)" in found[conditions.PROOF_FAILED]["message"]
    assert proof["report"] in found[conditions.PROOF_FAILED]["message"]
    lines = report_of(packed)
    assert {(line["kind"], line["name"]): line["what"] for line in lines[1:] if line["result"] == "different"} == expected
    for text in (codec.dumps(over).decode(), gzip.decompress(packed).decode()):
        assert not [value for value in (SECRET, TAMPERED, "goodbye") if value in text]


async def choose(world: World, **choices: dict[str, Any]) -> None:
    """What a person chooses for volumes of the plan, by claim."""
    plan = await world.host.get(resources.MIG_PLANS, "shop", namespace=world.namespace)
    entries = [entry | choices.get(entry["pvc"]["name"], {}) for entry in plan["spec"]["persistentVolumes"]]
    await world.host.patch(resources.MIG_PLANS, "shop", {"spec": {"persistentVolumes": entries}}, namespace=world.namespace)


async def claim(world: World, name: str, namespace: str) -> Object:
    """A claim of the target."""
    return await world.host.get(CLAIMS, name, namespace=namespace)


async def test_claims_that_the_plan_changes_are_proved(host: Client, remote: Client) -> None:
    """Class, access mode, capacity and namespace are as the plan has them, all else as it was saved."""
    async with migrations.stage(host, remote) as world:
        target = f"{world.app}-{ELSEWHERE}"
        world.engine.claims = True
        await world.volume("data", labels={"app": "web"}, annotations={"owner": "somebody", "volume.kubernetes.io/selected-node": "n"})
        await world.volume("logs")
        await world.declare(volumes=["data", "logs"], mapping=target)
        chosen = {"action": "copy", "copyMethod": "filesystem", "storageClass": "fast", "accessMode": "ReadWriteMany"}
        await choose(world, data={"selection": chosen, "proposedCapacity": "3072Mi", "capacityConfirmed": True})
        await world.migrate("claims")
        async with migrations.running(world):
            over = await world.until_over("claims")
        spec = (await claim(world, "data", target))["spec"]
        proof = over["status"]["proof"]
    assert (spec["storageClassName"], spec["accessModes"], spec["resources"]) == (
        "fast",
        ["ReadWriteMany"],
        {"requests": {"storage": "3Gi"}},
    )
    assert (proof["state"], proof.get("differences", []), proof.get("notCompared", [])) == ("proved", [], [])
    assert proof["objects"] == {"compared": 2, "equal": 2}
    assert planes.found(over).keys() == {conditions.SUCCEEDED, conditions.READY}


async def test_a_claim_that_is_moved_is_proved_with_its_volume(host: Client, remote: Client) -> None:
    """A real engine brings both; the claim is bound to the volume that it had."""
    async with migrations.stage(host, remote, is_engine_real=True) as world:
        await world.volume("data", labels={"app": "web"})
        await world.declare(volumes=["data"])
        await choose(world, data={"supported": {"actions": ["move"]}, "selection": {"action": "move"}})
        await world.migrate("moved")
        async with migrations.running(world):
            over = await world.until_over("moved")
        proof, found = over["status"]["proof"], await claim(world, "data", world.app)
        lines = report_of(await world.store.get(proof["report"]))
    assert (proof["state"], lines[1:]) == ("proved", [line for line in lines if line.get("result") == "changed"])
    assert found["spec"]["volumeName"] == f"{world.app}-data"
    assert planes.found(over).keys() == {conditions.SUCCEEDED, conditions.READY}


async def test_a_claim_that_differs_is_named(host: Client, remote: Client) -> None:
    """A removed label; the one that nobody touched is not named."""
    async with migrations.stage(host, remote) as world:
        world.engine.claims = True
        for name in ("data", "same"):
            await world.volume(name, labels={"app": "web"})
        await world.declare(volumes=["data", "same"])
        await world.migrate("claims")
        await mortal.live_and_die(
            world, "claims", mortal.Reaper(before=False, at=mortal.is_status(resources.MIG_MIGRATIONS)), until="ObjectsProved"
        )
        await host.patch(CLAIMS, "data", {"metadata": {"labels": {"app": None}}}, namespace=world.app)
        async with migrations.running(world):
            over = await world.until_over("claims")
        proof = over["status"]["proof"]
        lines = report_of(await world.store.get(proof["report"]))
    expected = {"data": ["metadata.labels.app is missing"]}
    assert {item["name"]: sorted(item["what"]) for item in proof["differences"]} == expected
    assert {(item["kind"], item["namespace"]) for item in proof["differences"]} == {("PersistentVolumeClaim", world.app)}
    assert {line["name"]: sorted(line["what"]) for line in lines[1:]} == expected
    assert (proof["state"], proof["objects"]) == ("different", {"compared": 2, "equal": 1, "different": 1})
    found = planes.found(over)
    assert found.keys() == {conditions.PROOF_FAILED, conditions.SUCCEEDED_WITH_WARNINGS, conditions.READY}
    assert f"PersistentVolumeClaim {world.app}/data (metadata.labels.app is missing)" in found[conditions.PROOF_FAILED]["message"]


async def test_claims_whose_archive_is_gone_are_no_proof(host: Client, remote: Client) -> None:
    """The objects of the initial Backup are compared all the same."""
    saved = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "lost"}}
    async with migrations.stage(host, remote) as world:
        world.engine.claims = True
        world.engine.saves = [("configmaps", saved | {"metadata": {"name": "lost", "namespace": world.app}})]
        await world.volume("data")
        await world.declare(volumes=["data"])
        await world.migrate("gone")
        await mortal.live_and_die(
            world, "gone", mortal.Reaper(before=False, at=mortal.is_status(resources.MIG_MIGRATIONS)), until="ObjectsProved"
        )
        await world.store.delete([key async for key in world.store.keys("backups/") if "-stage-" in key])
        async with migrations.running(world):
            over = await world.until_over("gone")
    proof, found = over["status"]["proof"], planes.found(over)
    assert [item["name"] for item in proof["differences"]] == ["lost"]
    assert proof["objects"] == {"compared": 1, "different": 1, "notCompared": 1}
    assert found.keys() == {conditions.PROOF_FAILED, conditions.NOT_PROVED, conditions.SUCCEEDED_WITH_WARNINGS, conditions.READY}
    assert "PersistentVolumeClaims of the stage Backup could not be compared" in found[conditions.NOT_PROVED]["message"]


async def played(host: Client, remote: Client, name: str, proofs: dict[str, str]) -> tuple[Object, list[Object]]:
    """A migration of two volumes whose node agents find what is given, and the report."""
    async with migrations.stage(host, remote) as world:
        for claim in ("data", "logs"):
            await world.volume(claim)
        await world.declare(volumes=["data", "logs"])
        world.engine.proofs |= proofs
        await world.migrate(name)
        async with migrations.running(world):
            over = await world.until_over(name)
        report = report_of(await world.store.get(over["status"]["proof"]["report"]))
    return over, report


async def test_a_file_that_differs_is_named(host: Client, remote: Client) -> None:
    """With its claim and path, in the status and in the report of the whole."""
    over, report = await played(host, remote, "file", {"data": "etc/motd"})
    proof = over["status"]["proof"]
    (difference,) = proof["differences"]
    assert (difference["kind"], difference["name"], difference["path"]) == ("PersistentVolumeClaim", "data", "etc/motd")
    assert difference["what"] == ["content differs"]
    assert proof["volumes"] == {"compared": 2, "equal": 1, "different": 1}
    found = planes.found(over)
    assert found.keys() == {conditions.PROOF_FAILED, conditions.SUCCEEDED_WITH_WARNINGS, conditions.READY}
    assert "data file etc/motd (content differs)" in found[conditions.PROOF_FAILED]["message"]
    assert [line["path"] for line in report if line.get("volume", "").endswith("/data")] == ["etc/motd"]


async def test_a_volume_that_could_not_be_compared_is_a_warning(host: Client, remote: Client) -> None:
    """Nothing is said to be proved that was not, and the reason is told."""
    over, _ = await played(host, remote, "broken", {"logs": "error"})
    proof, found = over["status"]["proof"], planes.found(over)
    assert (proof["state"], proof["volumes"]) == ("not-proved", {"compared": 1, "equal": 1, "notCompared": 1})
    assert found.keys() == {conditions.NOT_PROVED, conditions.SUCCEEDED_WITH_WARNINGS, conditions.READY}
    assert found[conditions.NOT_PROVED]["category"] == conditions.WARN
    assert "Input/output error" in found[conditions.NOT_PROVED]["message"]


async def test_a_filled_volume_is_compared_while_another_is_being_filled(host: Client, remote: Client) -> None:
    """The answer about it is there before the stage Restore is through; about the other nobody asks before it is filled."""
    async with migrations.stage(host, remote) as world:
        for claim in ("data", "logs"):
            await world.volume(claim)
        await world.declare(volumes=["data", "logs"])
        world.engine.holds.add("stage restore")
        world.engine.volumes["logs back"] = "InProgress"
        await world.migrate("early")
        async with migrations.running(world):
            toolkit = planes.World(host, host, world.namespace)
            kind = resources.POD_VOLUME_RESTORES
            made = await toolkit.until_list(kind, lambda items: any(names.PROOF in _marks(item) for item in items), cluster=host)
            (restore,) = await world.list(host, resources.RESTORES)
            asked = {_marks(item)["claim"]: names.PROVE in _marks(item) for item in made}
            (late,) = [item for item in made if _marks(item)["claim"] == "logs"]
            done: Object = {"status": {"phase": "Completed"}}
            await host.patch(kind, late["metadata"]["name"], done, namespace=world.namespace)
            world.engine.holds.clear()
            await world.end_all(host, resources.RESTORES, "stage")
            over = await world.until_over("early")
    assert (restore.get("status") or {}).get("phase") in {None, "InProgress"}
    assert asked == {"data": True, "logs": False}
    assert over["status"]["proof"]["volumes"] == {"compared": 2, "equal": 2}


def _marks(item: Object) -> dict[str, str]:
    return item["metadata"].get("annotations") or {}


async def test_volumes_that_nobody_compares_are_told(host: Client, remote: Client) -> None:
    """Where Velero's node agents work, the migration succeeds, and says that these volumes were not looked at."""
    over, _ = await played(host, remote, "foreign", {"data": "silent", "logs": "silent"})
    found = planes.found(over)
    assert found.keys() == {conditions.NOT_PROVED, conditions.SUCCEEDED, conditions.READY}
    assert found[conditions.NOT_PROVED]["category"] == conditions.ADVISORY
    assert over["status"]["proof"]["volumes"] == {"notCompared": 2}


async def test_an_archive_that_is_gone_is_a_warning(host: Client, remote: Client) -> None:
    """Objects that cannot be compared are no proof of anything."""
    async with migrations.stage(host, remote) as world:
        await world.declare(volumes=[])
        await world.migrate("gone")
        await mortal.live_and_die(
            world, "gone", mortal.Reaper(before=False, at=mortal.is_status(resources.MIG_MIGRATIONS)), until="ObjectsProved"
        )
        await world.store.delete([key async for key in world.store.keys("backups/")])
        async with migrations.running(world):
            over = await world.until_over("gone")
    found = planes.found(over)
    assert found.keys() == {conditions.NOT_PROVED, conditions.SUCCEEDED_WITH_WARNINGS, conditions.READY}
    assert over["status"]["proof"]["state"] == "not-proved"


async def test_the_proof_can_be_left_out(host: Client, remote: Client) -> None:
    """By an annotation of the plan; the status says so."""
    async with migrations.stage(host, remote) as world:
        await world.volume("data")
        await world.declare(volumes=["data"])
        await host.patch(resources.MIG_PLANS, "shop", {"metadata": {"annotations": {names.SKIP_PROOF: "true"}}}, namespace=world.namespace)
        await world.migrate("unproved")
        async with migrations.running(world):
            over = await world.until_over("unproved")
        asked = [item for item in await world.list(host, resources.POD_VOLUME_RESTORES) if names.PROVE in item["metadata"]["annotations"]]
    assert asked == []
    assert over["status"]["proof"]["state"] == "skipped"
    assert planes.found(over).keys() == {conditions.SUCCEEDED, conditions.READY}


async def test_without_a_comparison_the_warnings_of_the_engine_are_told(host: Client, remote: Client) -> None:
    """An object of that name was on the target, and was left as it is."""
    words = "ConfigMap shop/settings exists on cluster host and differs from the backup; it was left as it is."
    async with migrations.stage(host, remote) as world:
        await world.declare(volumes=[])
        await host.patch(resources.MIG_PLANS, "shop", {"metadata": {"annotations": {names.SKIP_PROOF: "true"}}}, namespace=world.namespace)
        world.engine.holds.add("final")
        world.engine.status["final"] = {"warnings": 1}
        await world.migrate("left")
        async with migrations.running(world):
            await world.until_phase("left", "FinalRestoreCreated")
            (restore,) = await world.list(host, resources.RESTORES)
            content = {"warnings": {"namespaces": {"shop": [words]}}, "errors": {}}
            file = layout.RestoreFiles(restore["metadata"]["name"]).part("results.gz")
            await world.store.put(file, gzip.compress(codec.dumps(content)))
            await world.end(host, resources.RESTORES, restore)
            over = await world.until_over("left")
    found = planes.found(over)
    assert found.keys() == {conditions.FINAL_RESTORE_WARNINGS, conditions.SUCCEEDED_WITH_WARNINGS, conditions.READY}
    assert words in found[conditions.FINAL_RESTORE_WARNINGS]["message"]
