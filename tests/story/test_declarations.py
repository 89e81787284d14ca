"""Given two clusters and a bucket, when they are declared, then conditions say what holds, and say it no longer when it ends."""

import asyncio
import base64
import json
from typing import Any

import pytest

from kit import permits, planes, proxy, volumes
from kit.planes import World
from kit.s3 import SECRET_KEY, S3Server
from mtc.api import base, conditions, names
from mtc.api.settings.model import ClusterSettings
from mtc.install import least_privilege
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.mirror import Follower
from mtc.kube.mirrors import Mirrors
from mtc.kube.reading import Readings
from mtc.kube.served import ServedKinds
from mtc.migration import orphans, plan_storage, reconcile_cluster, reconcile_plan, reconcile_storage, shapes
from mtc.migration.clusters import Clusters
from mtc.migration.migration_registry import build, parts
from mtc.migration.plan_facts import Context
from mtc.migration.providers import RegistryStorage
from mtc.migration.settings import Live

pytestmark = pytest.mark.anyio


async def locations(world: World, cluster: Client, plan: Object) -> tuple[Object, Object, Object]:
    """The BackupStorageLocation, VolumeSnapshotLocation and credentials Secret of a plan on a cluster."""
    selector = plan_storage.selector(plan_storage.labels_of(plan["metadata"]["uid"]))
    kinds = (resources.BACKUP_STORAGE_LOCATIONS, resources.VOLUME_SNAPSHOT_LOCATIONS, resources.SECRETS)
    found = [await cluster.list_all(kind, namespace=world.namespace, label_selector=selector) for kind in kinds]
    assert [len(items) for items in found] == [1, 1, 1]
    return found[0][0], found[1][0], found[2][0]


def message(item: Object, type_: str) -> str:
    """The message of a condition."""
    text: str = planes.found(item)[type_]["message"]
    return text


async def test_a_plan_becomes_ready_with_locations_of_its_own_on_both_clusters(host: Client, remote: Client, s3: S3Server) -> None:
    """Clusters, storage and plan become Ready; locations are on both clusters, and come back when deleted or edited."""
    async with planes.installation(host, remote) as world:
        await planes.make_namespace(remote, "shop-1")
        await world.declare_clusters()
        bucket = await world.declare_storage(s3)
        await world.declare_plan("shop", ["shop-1"])
        plan = await world.until(resources.MIG_PLANS, "shop", planes.is_ready)
        assert {conditions.PVS_DISCOVERED, conditions.STORAGE_ENSURED} <= planes.found(plan).keys()
        for cluster in (host, remote):
            bsl, vsl, secret = await locations(world, cluster, plan)
            assert bsl["metadata"]["name"].startswith("repo-")
            assert vsl["metadata"]["name"] == f"repo-{plan['metadata']['uid']}"
            assert bsl["spec"]["objectStorage"] == {"bucket": bucket, "prefix": "velero"}
            expected = {"region": "us-east-1", "s3ForcePathStyle": "true", "insecureSkipTLSVerify": "false", "s3Url": s3.url}
            assert bsl["spec"]["config"] == expected
            assert bsl["spec"]["credential"] == {"name": secret["metadata"]["name"], "key": "cloud"}
            assert b"aws_access_key_id=test-access-key" in base64.b64decode(secret["data"]["cloud"])
        bsl, _, secret = await locations(world, remote, plan)
        name = bsl["metadata"]["name"]
        await remote.patch(resources.BACKUP_STORAGE_LOCATIONS, name, {"spec": {"provider": "gcp"}}, namespace=world.namespace)
        await world.until(resources.BACKUP_STORAGE_LOCATIONS, name, lambda item: item["spec"]["provider"] == "aws", cluster=remote)
        await remote.delete(resources.SECRETS, secret["metadata"]["name"], namespace=world.namespace)
        await world.until(
            resources.SECRETS, secret["metadata"]["name"], lambda item: item["metadata"]["uid"] != secret["metadata"]["uid"], cluster=remote
        )


async def test_a_plan_that_forgot_its_volumes_while_a_migration_is_at_work_finds_them_again(
    host: Client, remote: Client, s3: S3Server
) -> None:
    """As after a pass that began before the migration did, and ended without a source that had fallen silent."""
    kind = resources.MIG_PLANS
    async with planes.installation(host, remote) as world:
        await planes.make_namespace(remote, "forgotten")
        await world.declare_clusters()
        await world.declare_storage(s3)
        await world.declare_plan("forgetful", ["forgotten"])
        await world.until(kind, "forgetful", planes.is_ready)
        await world.make(resources.MIG_MIGRATIONS, "working", spec={"migPlanRef": world.reference("forgetful"), "stage": False})
        await world.until(resources.MIG_MIGRATIONS, "working", planes.shows(conditions.RUNNING))
        item = await world.until(kind, "forgetful", planes.shows(conditions.SUSPENDED))
        lost = {conditions.PVS_DISCOVERED, conditions.STORAGE_ENSURED, conditions.READY}
        left = [entry for entry in item["status"]["conditions"] if entry["type"] not in lost]
        await host.patch(kind, "forgetful", {"status": {"conditions": left}}, namespace=world.namespace)
        await world.until(kind, "forgetful", planes.is_ready)


async def test_the_registry_of_the_host_is_found_with_rights_on_two_objects(host: Client, remote: Client) -> None:
    """OpenShift tells it in a ConfigMap; the controller may read that one there, and no other."""
    space, kind = "openshift-apiserver", resources.CONFIG_MAPS
    registry = "image-registry.openshift-image-registry.svc:5000"
    async with planes.installation(host, remote) as world:
        await world.declare_clusters()
        item = await world.until(resources.MIG_CLUSTERS, "host", planes.is_ready)
        assert "registryPath" not in item["status"]
        await planes.make_namespace(host, space)
        text = json.dumps({"imagePolicyConfig": {"internalRegistryHostname": registry}})
        for name in ("config", "other"):
            meta = {"name": name, "namespace": space}
            await host.create(kind, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"config.yaml": text}})
        await planes.grant(host, world.namespace, "controller", least_privilege.of_openshift())
        user = f"system:serviceaccount:{world.namespace}:controller"
        for resource, where in (("configmaps", space), ("services", "default")):
            rule = {"apiGroups": [""], "resources": [resource], "verbs": ["get"], "resourceNames": ["other"]}
            await permits.until(host, user, rule, space=where, allowed=False)
        item = await world.until(resources.MIG_CLUSTERS, "host", lambda found: found["status"].get("registryPath") == registry)
        assert planes.is_ready(item)
        await host.delete(kind, "config", namespace=space)
        await world.until(resources.MIG_CLUSTERS, "host", lambda found: "registryPath" not in found["status"])


async def test_what_is_wrong_with_a_cluster_is_told_and_forgotten_when_it_is_right(host: Client, remote: Client) -> None:
    """Each cause has its condition, type and reason as MTC's; a new token in the Secret heals without a touch of the MigCluster."""
    async with planes.installation(host, remote) as world:
        weak = await planes.token(remote, world.namespace, "weak")
        kind = resources.MIG_CLUSTERS
        await world.make(kind, "bad", spec={"isHostCluster": False, "url": "ftp://x"})
        item = await world.until(kind, "bad", planes.shows(conditions.INVALID_URL, conditions.INVALID_SA_SECRET_REF))
        assert planes.found(item)[conditions.INVALID_URL]["reason"] == conditions.INVALID_SCHEME
        assert planes.found(item)[conditions.INVALID_SA_SECRET_REF]["reason"] == conditions.NOT_SET
        spec: Any = {"url": remote.access.server, "serviceAccountSecretRef": world.reference("sa")}
        await host.patch(kind, "bad", {"spec": spec}, namespace=world.namespace)
        item = await world.until(kind, "bad", lambda found: planes.found(found)[conditions.INVALID_SA_SECRET_REF]["reason"] == "NotFound")
        assert conditions.INVALID_URL not in planes.found(item)
        await world.make(resources.SECRETS, "sa", data={"other": ""})
        await world.until(kind, "bad", planes.shows(conditions.INVALID_SA_TOKEN))
        encoded = base64.b64encode(weak.encode()).decode()
        await host.patch(resources.SECRETS, "sa", {"data": {"saToken": encoded}}, namespace=world.namespace)
        item = await world.until(kind, "bad", planes.shows(conditions.TEST_CONNECT_FAILED))
        assert "certificate" in message(item, conditions.TEST_CONNECT_FAILED)
        assert "caBundle" in message(item, conditions.TEST_CONNECT_FAILED)
        await host.patch(kind, "bad", {"spec": {"insecure": True}}, namespace=world.namespace)
        item = await world.until(kind, "bad", planes.shows(conditions.SA_TOKEN_NOT_PRIVILEGED))
        assert "backups.velero.io" in message(item, conditions.SA_TOKEN_NOT_PRIVILEGED)
        strong = base64.b64encode((await world.remote_token()).encode()).decode()
        await host.patch(resources.SECRETS, "sa", {"data": {"saToken": strong}}, namespace=world.namespace)
        item = await world.until(kind, "bad", planes.is_ready)
        assert set(planes.found(item)) == {conditions.READY, conditions.CLUSTER_OPERATOR_VERSION_NOT_FOUND}


async def test_a_lost_cluster_is_told_within_30_seconds_and_so_is_its_return(host: Client, remote: Client, s3: S3Server) -> None:
    """Its MigCluster loses Ready, so does the plan; both come back by themselves."""
    async with proxy.before(remote.access.server) as way, planes.installation(host, remote) as world:
        await planes.make_namespace(remote, "lost-1")
        await world.declare_clusters(url=way.url)
        await world.declare_storage(s3)
        await world.declare_plan("plan", ["lost-1"])
        await world.until(resources.MIG_PLANS, "plan", planes.is_ready)
        way.cut()
        item = await world.until(resources.MIG_CLUSTERS, "remote", planes.shows(conditions.TEST_CONNECT_FAILED), timeout_s=30)
        assert not planes.is_ready(item)
        item = await world.until(resources.MIG_PLANS, "plan", planes.shows(conditions.SOURCE_CLUSTER_NOT_READY))
        assert not planes.is_ready(item)
        way.mend()
        await world.until(resources.MIG_CLUSTERS, "remote", planes.is_ready)
        await world.until(resources.MIG_PLANS, "plan", planes.is_ready)


async def test_a_cluster_whose_connections_break_is_looked_at_at_once(
    host: Client, remote: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only when its next look is due; a change of its settings is seen in the same way."""
    monkeypatch.setattr(reconcile_cluster, "INTERVAL_S", 3600.0)
    async with proxy.before(remote.access.server) as way, planes.installation(host, remote) as world:
        await world.declare_clusters(url=way.url)
        meta = {"name": names.CLUSTER_CONFIG_MAP, "namespace": world.namespace}
        settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"OPERATOR_VERSION": "1.8.0"}}
        await remote.apply(resources.CONFIG_MAPS, settings)
        await world.until(resources.MIG_CLUSTERS, "remote", lambda item: (item.get("status") or {}).get("operatorVersion") == "1.8.0")
        settings["data"] = {"OPERATOR_VERSION": "1.8.1"}
        await remote.apply(resources.CONFIG_MAPS, settings)
        await world.until(resources.MIG_CLUSTERS, "remote", lambda item: item["status"].get("operatorVersion") == "1.8.1")
        way.cut()
        item = await world.until(resources.MIG_CLUSTERS, "remote", planes.shows(conditions.TEST_CONNECT_FAILED))
        assert not planes.is_ready(item)


async def test_wrong_credentials_of_a_storage_are_told_and_right_ones_reach_the_clusters(
    host: Client, remote: Client, s3: S3Server
) -> None:
    """The probe's real error is shown; a corrected Secret makes the storage Ready and is copied to both clusters."""
    async with planes.installation(host, remote) as world:
        await planes.make_namespace(remote, "creds-1")
        await world.declare_clusters()
        await world.declare_storage(s3, secret="wrong")
        await world.declare_plan("plan", ["creds-1"])
        item = await world.until(resources.MIG_STORAGES, "repo", planes.shows(conditions.BACKUP_STORAGE_PROVIDER_TEST_FAILED))
        assert "access is denied" in message(item, conditions.BACKUP_STORAGE_PROVIDER_TEST_FAILED)
        assert "wrong" not in message(item, conditions.BACKUP_STORAGE_PROVIDER_TEST_FAILED)
        await world.until(resources.MIG_PLANS, "plan", planes.shows(conditions.STORAGE_NOT_READY))
        await host.patch(resources.SECRETS, "repo-creds", {"data": planes.s3_credentials(SECRET_KEY)}, namespace=world.namespace)
        await world.until(resources.MIG_STORAGES, "repo", planes.is_ready)
        plan = await world.until(resources.MIG_PLANS, "plan", planes.is_ready)
        _, _, secret = await locations(world, remote, plan)
        assert SECRET_KEY.encode() in base64.b64decode(secret["data"]["cloud"])
        await host.patch(
            resources.MIG_STORAGES, "repo", {"spec": {"backupStorageConfig": {"awsBucketName": None}}}, namespace=world.namespace
        )
        item = await world.until(resources.MIG_STORAGES, "repo", planes.shows(conditions.INVALID_BACKUP_STORAGE_SETTINGS))
        assert "awsBucketName" in message(item, conditions.INVALID_BACKUP_STORAGE_SETTINGS)


async def test_volumes_are_found_and_choices_kept(host: Client, remote: Client, s3: S3Server) -> None:
    """Every bound claim has an entry with a proposal; a person's choice outlives discovery; new claims appear by themselves."""
    async with planes.installation(host, remote) as world:
        await planes.make_namespace(remote, "vols-1")
        await volumes.make_class(remote, "fast", "csi.example.org")
        await volumes.make_class(host, "quick", "csi.example.org")
        await volumes.make_class(host, "standard", "other.example.org", default=True)
        csi = {"csi": {"driver": "csi.example.org", "volumeHandle": "a"}}
        await volumes.make_volume(remote, "vols-1", "data", csi)
        await volumes.make_volume(remote, "vols-1", "scratch", {"hostPath": {"path": "/scratch"}}, storage_class="")
        await world.declare_clusters()
        await world.declare_storage(s3)
        await world.declare_plan("plan", ["vols-1:vols-2"])
        plan = await world.until(resources.MIG_PLANS, "plan", lambda item: len(item["spec"].get("persistentVolumes") or []) == 2)
        data, scratch = plan["spec"]["persistentVolumes"]
        assert data["name"] == "pv-vols-1-data"
        assert data["selection"] == {"action": "copy", "storageClass": "quick", "copyMethod": "filesystem", "verify": False}
        assert data["supported"]["actions"] == ["skip", "copy"]
        assert scratch["selection"]["action"] == "skip"
        assert scratch["supported"]["actions"] == ["skip"]
        data["selection"]["storageClass"] = "standard"
        data["pvc"]["name"] = "data:records"
        await host.patch(resources.MIG_PLANS, "plan", {"spec": {"persistentVolumes": [data, scratch]}}, namespace=world.namespace)
        await volumes.make_volume(remote, "vols-1", "more", csi)
        plan = await world.until(resources.MIG_PLANS, "plan", lambda item: len(item["spec"]["persistentVolumes"]) == 3)
        kept = plan["spec"]["persistentVolumes"][0]
        assert kept["selection"]["storageClass"] == "standard"
        assert kept["pvc"]["name"] == "data:records"
        assert {item["name"] for item in plan["status"]["destStorageClasses"]} >= {"quick", "standard"}
        data["selection"]["storageClass"] = "absent"
        entries = [data, *plan["spec"]["persistentVolumes"][1:]]
        await host.patch(resources.MIG_PLANS, "plan", {"spec": {"persistentVolumes": entries}}, namespace=world.namespace)
        plan = await world.until(resources.MIG_PLANS, "plan", planes.shows(conditions.PV_INVALID_STORAGE_CLASS))
        assert not planes.is_ready(plan)
        assert "pv-vols-1-data" in message(plan, conditions.PV_INVALID_STORAGE_CLASS)


async def test_namespaces_that_are_missing_or_taken_are_told(host: Client, remote: Client, s3: S3Server) -> None:
    """A missing namespace and a conflict with another plan block Ready, and stop doing so when they are gone."""
    async with planes.installation(host, remote) as world:
        await world.declare_clusters()
        await world.declare_storage(s3)
        await world.declare_plan("first", ["taken"])
        await world.until(resources.MIG_PLANS, "first", planes.shows(conditions.NAMESPACE_NOT_FOUND_ON_SOURCE))
        await planes.make_namespace(remote, "taken")
        await world.until(resources.MIG_PLANS, "first", planes.is_ready)
        await world.declare_plan("second", ["taken:elsewhere"])
        for name, other in (("first", "second"), ("second", "first")):
            item = await world.until(resources.MIG_PLANS, name, planes.shows(conditions.PLAN_CONFLICT))
            assert f"[{other}]" in message(item, conditions.PLAN_CONFLICT)
            assert not planes.is_ready(item)
        await host.patch(resources.MIG_PLANS, "second", {"spec": {"closed": True}}, namespace=world.namespace)
        closed = await world.until(resources.MIG_PLANS, "second", planes.shows(conditions.CLOSED))
        assert not planes.is_ready(closed)
        await world.until(resources.MIG_PLANS, "first", planes.is_ready)


async def test_a_plan_that_is_closed_in_mid_run_waits_for_its_end(host: Client, remote: Client, s3: S3Server) -> None:
    """It keeps its locations and its namespaces until then, and nothing else begins."""
    async with planes.installation(host, remote) as world:
        plan = await world.ready_plan(s3, "closing")
        for name in ("runs", "late"):
            spec = {"migPlanRef": world.reference("plan"), "stage": False}
            await world.make(resources.MIG_MIGRATIONS, name, spec=spec)
            await world.until(resources.MIG_MIGRATIONS, "runs", planes.shows(conditions.RUNNING))
        await host.patch(resources.MIG_PLANS, "plan", {"spec": {"closed": True}}, namespace=world.namespace)
        closing = await world.until(resources.MIG_PLANS, "plan", planes.shows(conditions.CLOSING))
        assert "[runs]" in message(closing, conditions.CLOSING)
        assert "nothing else begins" in message(closing, conditions.READY)
        await world.until(resources.MIG_MIGRATIONS, "late", planes.shows(conditions.PLAN_CLOSED))
        await world.declare_plan("other", ["closing"])
        await world.until(resources.MIG_PLANS, "other", planes.shows(conditions.PLAN_CONFLICT))
        async with Clusters(host) as clusters:
            await orphans.sweep(clusters, namespace=world.namespace)
        await locations(world, remote, plan)
        runs = await host.get(resources.MIG_MIGRATIONS, "runs", namespace=world.namespace)
        assert conditions.PLAN_CLOSED not in planes.found(runs)
        await host.delete(resources.MIG_MIGRATIONS, "runs", namespace=world.namespace)
        closed = await world.until(resources.MIG_PLANS, "plan", planes.shows(conditions.CLOSED))
        assert planes.found(closed).keys() == {conditions.CLOSED}
        labels = plan_storage.selector(plan_storage.labels_of(plan["metadata"]["uid"]))
        for kind in plan_storage.OURS:
            await world.until_list(kind, lambda items: not items, cluster=remote, label_selector=labels)
        await world.until(resources.MIG_PLANS, "other", lambda item: conditions.PLAN_CONFLICT not in planes.found(item))


@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "deleted"])
async def test_a_registry_that_was_left_behind_goes_with_its_plan(host: Client, remote: Client, s3: S3Server, *, is_closed: bool) -> None:
    """Whoever deletes a migration in the middle of its work leaves one; Backups that keep the plan's locations do not keep it."""
    async with planes.installation(host, remote) as world:
        plan = await world.ready_plan(s3, f"images-{is_closed}".lower())
        bsl, _, _ = await locations(world, remote, plan)
        await world.make(resources.BACKUPS, "kept", cluster=remote, spec={"storageLocation": bsl["metadata"]["name"]})
        uid = plan["metadata"]["uid"]
        wanted = build.Wanted(
            namespace=world.namespace,
            plan_uid=uid,
            storage=RegistryStorage({}, data={"cloud": b"x"}),
            settings=ClusterSettings(registry_image="registry.example/registry:2"),
        )
        name = (await remote.create(resources.SECRETS, build.secret(wanted)))["metadata"]["name"]
        await remote.create(resources.DEPLOYMENTS, build.deployment(wanted, name, version="1"))
        await remote.create(resources.SERVICES, build.service(wanted, name))
        if is_closed:
            await host.patch(resources.MIG_PLANS, "plan", {"spec": {"closed": True}}, namespace=world.namespace)
        else:
            await host.delete(resources.MIG_PLANS, "plan", namespace=world.namespace)
        for kind in (resources.SECRETS, resources.DEPLOYMENTS, resources.SERVICES):
            await world.until_list(kind, lambda items: not items, cluster=remote, label_selector=parts.selector(uid))
        await locations(world, remote, plan)


async def test_locations_outlive_a_deleted_plan_while_a_backup_needs_them(host: Client, remote: Client, s3: S3Server) -> None:
    """Deleting a plan waits for nothing; its location stays while a Backup names it, and goes after that."""
    async with planes.installation(host, remote) as world:
        plan = await world.ready_plan(s3, "gone-1")
        assert not plan["metadata"].get("finalizers")
        bsl, _, _ = await locations(world, remote, plan)
        await world.make(resources.BACKUPS, "kept", cluster=remote, spec={"storageLocation": bsl["metadata"]["name"]})
        await host.delete(resources.MIG_PLANS, "plan", namespace=world.namespace)
        labels = plan_storage.selector(plan_storage.labels_of(plan["metadata"]["uid"]))
        for kind in plan_storage.OURS:
            await world.until_list(kind, lambda items: not items, cluster=host, label_selector=labels)
        await locations(world, remote, plan)
        await remote.delete(resources.BACKUPS, "kept", namespace=world.namespace)
        async with Clusters(host) as clusters:
            await orphans.sweep(clusters, namespace=world.namespace)
        for kind in plan_storage.OURS:
            assert not await remote.list_all(kind, namespace=world.namespace, label_selector=labels)


@pytest.mark.parametrize("change", [{"closed": True}, {"srcMigClusterRef": "host"}], ids=["closed", "elsewhere"])
async def test_locations_go_from_where_a_plan_no_longer_works(host: Client, remote: Client, s3: S3Server, change: dict[str, Any]) -> None:
    """Once no Backup needs them: of a plan that is closed, and on a cluster that is no longer its source."""
    async with planes.installation(host, remote) as world:
        space = f"{world.namespace}-left"
        await planes.make_namespace(remote, space)
        await world.declare_clusters()
        await world.declare_storage(s3)
        await world.declare_plan("plan", [space])
        plan = await world.until(resources.MIG_PLANS, "plan", planes.is_ready)
        bsl, _, _ = await locations(world, remote, plan)
        await world.make(resources.BACKUPS, "kept", cluster=remote, spec={"storageLocation": bsl["metadata"]["name"]})
        spec = {key: world.reference(value) if isinstance(value, str) else value for key, value in change.items()}
        await host.patch(resources.MIG_PLANS, "plan", {"spec": spec}, namespace=world.namespace)
        await world.until(resources.MIG_PLANS, "plan", lambda item: not planes.is_ready(item))
        async with Clusters(host) as clusters:
            await orphans.sweep(clusters, namespace=world.namespace)
            await locations(world, remote, plan)
            await remote.delete(resources.BACKUPS, "kept", namespace=world.namespace)
            await orphans.sweep(clusters, namespace=world.namespace)
        labels = plan_storage.selector(plan_storage.labels_of(plan["metadata"]["uid"]))
        for kind in plan_storage.OURS:
            assert not await remote.list_all(kind, namespace=world.namespace, label_selector=labels)
        here = await host.list_all(resources.BACKUP_STORAGE_LOCATIONS, namespace=world.namespace, label_selector=labels)
        assert bool(here) == ("closed" not in change)


async def test_another_pass_over_what_did_not_change_writes_nothing(host: Client, remote: Client, s3: S3Server) -> None:
    """A second pass leaves resourceVersions alone; `spec.refresh` is answered by a pass and goes back to false."""
    async with planes.installation(host, remote) as world:
        await world.ready_plan(s3, "idle-1")
        await host.patch(resources.MIG_PLANS, "plan", {"spec": {"refresh": True}}, namespace=world.namespace)
        plan = await world.until(resources.MIG_PLANS, "plan", lambda item: item["spec"].get("refresh") is False)
        assert plan["metadata"]["annotations"][names.TOUCH]
    # The controller has ended: nobody else writes, and what it was at is done by a first pass.
    served = ServedKinds(Mirrors(shapes.SHAPES))
    async with Clusters(host) as clusters, asyncio.TaskGroup() as group:
        serving = group.create_task(served.mirrors.run())
        context = Context(clusters=clusters, settings=Live(), namespace=world.namespace)
        readings = Readings(served, Follower("test", lambda *_: None))
        steps = (
            (resources.MIG_CLUSTERS, "remote", lambda ref: reconcile_cluster.step(ref, clusters=clusters, namespace=world.namespace)),
            (resources.MIG_STORAGES, "repo", lambda ref: reconcile_storage.step(ref, host=host)),
            (resources.MIG_PLANS, "plan", lambda ref: reconcile_plan.step(ref, context=context, readings=readings)),
        )
        for kind, name, step in steps:
            await step(base.Ref(world.namespace, name))
            before = await host.get(kind, name, namespace=world.namespace)
            await step(base.Ref(world.namespace, name))
            after = await host.get(kind, name, namespace=world.namespace)
            assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"], kind.kind
        serving.cancel()
