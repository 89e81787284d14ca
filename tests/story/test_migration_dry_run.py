"""Given a MigMigration annotated as dry run, when it is through, then nothing has changed, and what it said is what happens."""

import base64
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kit import migrations, planes, ways
from kit.migrations import World
from mtc.api import names
from mtc.engine import layout
from mtc.install import least_privilege
from mtc.kube import codec, discovery, errors, resources
from mtc.kube.client import Client, Object

pytestmark = pytest.mark.anyio

SECRET = "not-for-anybody-4711"
_VOLATILE = ("resourceVersion", "managedFields")
#: Written by controllers and engines all the time, whoever migrates.
_RESTLESS = frozenset({"events", "events.events.k8s.io", "leases.coordination.k8s.io", "endpointslices.discovery.k8s.io", "endpoints"})


async def grant(world: World) -> None:
    """Binds the role for dry runs to the controller, as a person does who wants a whole one."""
    for cluster in (world.host, world.remote):
        role = f"{world.namespace}-controller-{least_privilege.DRY_RUN}"
        body = {
            "metadata": {"name": f"{role}-binding"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": "controller", "namespace": world.namespace}],
        }
        await cluster.create(resources.CLUSTER_ROLE_BINDINGS, body)


async def dump(cluster: Client, *namespaces: str) -> dict[str, Any]:
    """Every object of the namespaces, and the namespaces, without what servers write into all objects."""
    found: dict[str, Any] = {}
    served = await discovery.discover(cluster)
    for kind in served.preferred:
        if "list" not in kind.verbs or kind.group_resource in _RESTLESS:
            continue
        for space in namespaces if kind.namespaced else (None,):
            try:
                listed = await cluster.list_all(kind, namespace=space)
            except errors.KubeError:
                continue  # types whose objects are computed
            for item in listed:
                meta = item["metadata"]
                if space is None and not any(meta["name"].startswith(name) for name in namespaces):
                    continue
                plain = {key: value for key, value in item.items() if key != "status"}
                kept = {key: value for key, value in meta.items() if key not in _VOLATILE}
                found[f"{kind.group_resource}/{meta.get('namespace', '')}/{meta['name']}"] = {**plain, "metadata": kept}
    return found


def full(world: World, item: Object, config_map: Object) -> Mapping[str, Any]:
    """The full result, from the ConfigMap that the status names."""
    assert item["status"]["dryRun"]["report"] == f"{world.namespace}/{config_map['metadata']['name']}"
    packed = (config_map.get("binaryData") or {}).get("report.gz")
    text = gzip.decompress(base64.b64decode(packed)) if packed else config_map["data"]["report"]
    report: Mapping[str, Any] = json.loads(text)
    return report


def actions(report: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """What is said of each object, by kind and place as the engine lists them."""
    found = {}
    for entry in report["list"]:
        place = f"{entry['namespace']}/{entry['name']}" if entry.get("namespace") else entry["name"]
        found[entry["kind"].partition(".")[0], place] = entry["action"]
    return found


def happened(bucket: Path, restore: str) -> dict[tuple[str, str], str]:
    """What the engine says that it did with each object."""
    listed = json.loads(gzip.decompress((bucket / layout.RestoreFiles(restore).part("resource-list.json.gz")).read_bytes()))
    found = {}
    for kind, lines in listed.items():
        for line in lines:
            place, _, fate = line.removesuffix(")").rpartition("(")
            found[kind.rpartition("/")[2], place] = fate
    return found


async def objects(world: World) -> None:
    """An application without volumes; on the target some of it is there already, the same, otherwise or not allowed."""
    remote, host = world.remote, world.host
    await world.deployment("web", claims=[])
    port = {"ports": [{"port": 80}], "selector": {"app": "web"}}
    await world.make(remote, resources.SERVICES, "front", spec=port)
    for name, content in (("new", "1"), ("same", "1"), ("differs", "1")):
        await world.make(remote, resources.CONFIG_MAPS, name, data={"key": content})
    await world.make(remote, resources.SECRETS, "password", stringData={"word": SECRET})
    await world.make(remote, resources.SERVICE_ACCOUNTS, "robot", metadata={"annotations": {"example.com/of": "source"}})
    await planes.make_namespace(host, world.app)
    for cluster in (host, remote):
        await world.until(cluster, resources.SERVICE_ACCOUNTS, "default", bool, namespace=world.app)
        await world.until(cluster, resources.CONFIG_MAPS, "kube-root-ca.crt", bool, namespace=world.app)
    await world.make(host, resources.CONFIG_MAPS, "same", data={"key": "1"})
    await world.make(host, resources.CONFIG_MAPS, "differs", data={"key": "2"})
    await world.make(remote, resources.CONFIG_MAPS, "empty")
    await world.make(host, resources.CONFIG_MAPS, "empty", data={"was": "here"})
    # The pod comes after the account that it needs.
    await world.make(remote, resources.SERVICE_ACCOUNTS, "keeper")
    alone = {"serviceAccountName": "keeper", "containers": [{"name": "main", "image": "none"}]}
    await world.make(remote, resources.PODS, "alone", spec=alone)
    await world.make(host, resources.SECRETS, "password", stringData={"word": f"another {SECRET}"})
    await world.make(host, resources.SERVICE_ACCOUNTS, "robot")
    await world.make(host, resources.RESOURCE_QUOTAS, "none", spec={"hard": {"count/services": "0"}})
    wanted = lambda item: bool((item.get("status") or {}).get("used"))  # noqa: E731 - a name for a predicate
    await world.until(host, resources.RESOURCE_QUOTAS, "none", wanted, namespace=world.app)


async def test_a_dry_run_changes_nothing_and_says_what_then_happens(host: Client, remote: Client, tmp_path: Path) -> None:
    """Dumps of both clusters are equal before and after; a real migration treats each object as it was foretold."""
    async with migrations.stage(host, remote, bucket=tmp_path, is_engine_real=True) as world:
        await objects(world)
        await world.declare(volumes=[])
        await grant(world)
        spaces = (world.app, world.namespace)
        before = await dump(remote, *spaces), await dump(host, *spaces)
        over = await ways.rehearse(world, "foretold", quiescePods=True)
        after = await dump(remote, *spaces), await dump(host, *spaces)
        config_map = await host.get(resources.CONFIG_MAPS, "foretold-dry-run", namespace=world.namespace)
        report = full(world, over, config_map)
        async with migrations.running(world):
            await world.migrate("earnest", quiescePods=True)
            real = await world.until_over("earnest", timeout_s=120)
        (restore,) = await world.list(host, resources.RESTORES)
    own = {f"migmigrations.migration.openshift.io/{world.namespace}/foretold", f"configmaps/{world.namespace}/foretold-dry-run"}
    assert before[0] == after[0]
    assert {key: value for key, value in after[1].items() if key not in own} == before[1]
    assert after[1].keys() - before[1].keys() == own
    told = planes.found(over)
    assert told.keys() == {"DryRunCompleted", "Ready"}
    assert (told["DryRunCompleted"]["category"], told["DryRunCompleted"]["reason"]) == ("Warn", "ConflictsFound")
    assert over["status"]["itinerary"] == "DryRun"
    assert "rollback" not in over["status"]
    result = over["status"]["dryRun"]
    assert "SucceededWithWarnings" in planes.found(real), real["status"]
    _compare(actions(report), happened(tmp_path, restore["metadata"]["name"]))
    notable = {(entry["kind"], entry["name"]): entry for entry in result["notable"]}
    assert notable["ConfigMap", "differs"]["message"] == "data.key: '2' → '1'"
    assert notable["Secret", "password"]["message"] == "data.word: another value (values of Secrets are not shown)"
    assert notable["ConfigMap", "empty"]["message"] == "data.was: 'here' → absent"
    assert notable["Pod", "alone"]["action"] == "unchecked"
    assert notable["Pod", "alone"]["message"] == "ServiceAccount keeper is not there yet"
    assert notable["ServiceAccount", "robot"]["action"] == "change"
    assert notable["Service", "front"]["action"] == "refused"
    assert "exceeded quota" in notable["Service", "front"]["message"]
    assert result["objects"]["refused"] == 1
    assert any("would not take 1 object(s)" in text for text in result["warnings"])
    assert [entry["name"] for entry in result["phases"]][:2] == ["Started", "StartRefresh"]
    assert "EnsureStageBackup" not in {entry["name"] for entry in result["phases"]}
    assert SECRET not in codec.dumps(over).decode()
    assert base64.b64encode(SECRET.encode()).decode() not in codec.dumps([over, config_map, report]).decode()
    assert config_map["metadata"]["ownerReferences"][0]["uid"] == over["metadata"]["uid"]


def _compare(foretold: Mapping[tuple[str, str], str], real: Mapping[tuple[str, str], str]) -> None:
    """Each object that the engine handled was foretold, and the other way round."""
    words = {
        "create": "created",
        "unchecked": "created",
        "change": "updated",
        "skip": "skipped",
        "left-out": "skipped",
        "refused": "failed",
    }
    assert {key: words[action] for key, action in foretold.items()} == dict(real)


async def test_a_dry_run_with_volumes_tells_bytes_and_times_and_on_which_basis(host: Client, remote: Client) -> None:
    """Sizes are measured where a volume was copied before; without the role for dry runs it tells which rights it lacks."""
    async with migrations.stage(host, remote) as world:
        for claim in ("data", "orphan"):
            await world.volume(claim)
        await world.deployment("web", claims=["data"])
        for pod in await remote.list_all(resources.PODS, namespace=world.app):
            await migrations.run_pod(remote, pod)
        size, other = {"requests": {"storage": "1Gi"}}, {"kind": "PersistentVolumeClaim", "name": "data"}
        spec = {"accessModes": ["ReadWriteOnce"], "resources": size, "storageClassName": "later", "dataSource": other}
        await world.make(remote, resources.PERSISTENT_VOLUME_CLAIMS, "cloned", spec=spec)
        await world.declare(volumes=["data", "orphan"])
        # What nobody may create is found out where it would be created.
        await planes.make_namespace(host, world.app)
        first = await ways.rehearse(world, "first", quiescePods=True)
        await world.migrate("ahead", stage=True)
        async with migrations.running(world):
            await world.until_over("ahead")
        second = await ways.rehearse(world, "second", quiescePods=True)
        plan = await host.get(resources.MIG_PLANS, "shop", namespace=world.namespace)
        backups = await world.list(remote, resources.BACKUPS)
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    before, after = first["status"]["dryRun"], second["status"]["dryRun"]
    assert {(entry["claim"], entry["basis"], entry["sizeBytes"]) for entry in before["volumes"]} == {
        ("data", "requested", 2**30),
        ("orphan", "requested", 2**30),
    }
    assert {(entry["claim"], entry["basis"], entry["sizeBytes"]) for entry in after["volumes"]} == {
        ("data", "measured", 12_340_000),
        ("orphan", "measured", 12_340_000),
    }
    assert (before["totalBytes"], after["totalBytes"]) == (2**31, 24_680_000)
    assert before["estimate"]["basis"] == "assumed"
    assert before["estimate"]["totalSeconds"] > before["estimate"]["downtimeSeconds"] > after["estimate"]["downtimeSeconds"] > 0
    assert "volumes saved: measured on 2 of earlier runs" in after["estimate"]["message"]
    assert "EnsureStagePodsFromRunning" in {entry["name"] for entry in after["phases"]}
    assert "EnsureStagePodsDeleted" in {entry["name"] for entry in after["phases"]}
    assert any("create deployments.apps" in text for text in before["missingRights"]), before["missingRights"]
    assert any("/cloned" in text and "do not come along" in text for text in before["warnings"])
    assert planes.found(first).keys() == {"DryRunCompleted", "Ready"}
    # Neither suspended the plan, nor kept the real one from running, nor touched the application.
    assert plan["spec"].get("refresh", False) is False
    assert [migrations.word(item) for item in backups] == ["stage"]
    assert web["spec"]["replicas"] == 2


async def test_a_dry_run_of_a_rollback_lists_what_would_be_deleted(host: Client, remote: Client) -> None:
    """And leaves it."""
    async with migrations.stage(host, remote) as world:
        await world.declare(volumes=[])
        await planes.make_namespace(host, world.app)
        world.engine.brings = {"settings"}
        await world.migrate("there")
        async with migrations.running(world):
            await world.until_over("there")
        over = await ways.rehearse(world, "back", rollback=True)
        left = await host.get(resources.CONFIG_MAPS, "settings", namespace=world.app)
        again = await ways.rehearse(world, "again")
        # The real rollback takes no notice of either.
        await world.migrate("really", rollback=True)
        async with migrations.running(world):
            await world.until_over("really")
        gone = await host.find(resources.CONFIG_MAPS, "settings", namespace=world.app)
    assert planes.found(over)["DryRunCompleted"]["category"] == "Advisory"
    assert over["status"]["dryRun"]["objects"]["delete"] == 1
    assert {entry["name"] for entry in over["status"]["dryRun"]["phases"]} >= {"DeleteMigrated", "UnQuiesceSrcApplications"}
    assert left["metadata"]["labels"]
    assert any("HasFinalMigration" in text for text in again["status"]["dryRun"]["conflicts"])
    assert gone is None


async def test_an_annotation_that_is_not_understood_starts_nothing(host: Client, remote: Client) -> None:
    """Whoever wants a dry run must not get a migration because of a letter."""
    async with migrations.stage(host, remote) as world:
        await world.declare(volumes=[])
        notes = {"annotations": {names.DRY_RUN: "yes"}}
        reference = {"name": "shop", "namespace": world.namespace}
        spec = {"migPlanRef": reference, "stage": False}
        await world.make(host, resources.MIG_MIGRATIONS, "odd", namespace=world.namespace, metadata=notes, spec=spec)
        async with migrations.running(world):
            shown = await world.until_shows("odd", "InvalidSpec")
            assert "Write true for a dry run" in planes.found(shown)["InvalidSpec"]["message"]
            body = {"metadata": {"annotations": {names.DRY_RUN: "true"}}}
            await host.patch(resources.MIG_MIGRATIONS, "odd", body, namespace=world.namespace)
            over = await world.until_over("odd")
        backups = await world.list(remote, resources.BACKUPS)
    assert "DryRunCompleted" in planes.found(over)
    assert backups == []


async def test_a_plan_that_cannot_run_is_told_and_not_waited_for(host: Client, remote: Client) -> None:
    """Its locations are not made yet, or it names a kind that nobody serves: that is among what stands in the way."""
    async with migrations.stage(host, remote) as world:
        await world.declare(volumes=[], includedResources=[{"group": "x.example.com", "kind": "Nope"}])
        over = await ways.rehearse(world, "nope")
    assert any("names Nope.x.example.com" in text for text in over["status"]["dryRun"]["conflicts"])
    assert planes.found(over)["DryRunCompleted"]["reason"] == "ConflictsFound"
    async with migrations.stage(host, remote) as world:
        await world.declare(volumes=[])
        for location in await world.list(remote, resources.BACKUP_STORAGE_LOCATIONS):
            await remote.delete(resources.BACKUP_STORAGE_LOCATIONS, location["metadata"]["name"], namespace=world.namespace)
        over = await ways.rehearse(world, "nowhere")
    assert any("BackupStorageLocation" in text for text in over["status"]["dryRun"]["conflicts"])


async def test_a_canceled_dry_run_ends_and_undoes_nothing(host: Client, remote: Client) -> None:
    """What an earlier migration has stopped stays so."""
    async with migrations.stage(host, remote) as world:
        await world.deployment("web", claims=[])
        await world.declare(volumes=[])
        await world.migrate("moved", quiescePods=True)
        async with migrations.running(world):
            await world.until_over("moved")
        over = await ways.rehearse(world, "look", rollback=True, canceled=True)
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    assert "Canceled" in planes.found(over)
    assert over["status"].get("dryRun") is None
    assert web["spec"]["replicas"] == 0
