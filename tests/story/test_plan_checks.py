"""Given a plan between two clusters, when something there is in its way, then a condition says it, and goes when the cause goes."""

import base64
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import yaml

from kit import permits, planes, volumes
from kit.planes import World
from kit.s3 import S3Server
from mtc.api import conditions, names
from mtc.kube import discovery, resources
from mtc.kube.client import Client, Object
from mtc.migration import plan_asides
from mtc.migration.rights import needed, roles
from mtc.migration.volumes import nfs

pytestmark = pytest.mark.anyio

PLANS = resources.MIG_PLANS


def message(item: Object, type_: str) -> str:
    """The message of a condition."""
    text: str = planes.found(item)[type_]["message"]
    return text


def reason(type_: str, wanted: str) -> Callable[[Object], bool]:
    """Whether an object shows a condition for this reason."""
    return lambda item: planes.found(item).get(type_, {}).get("reason") == wanted


async def apply(cluster: Client, manifest: str) -> list[Object]:
    """Applies a manifest as a person does; its objects."""
    served = await discovery.discover(cluster)
    objects = list(yaml.safe_load_all(manifest))
    for item in objects:
        kind = served.by_kind(item["apiVersion"], item["kind"])
        assert kind is not None
        await cluster.apply(kind, item)
    return objects


async def scant_token(world: World) -> str:
    """A token for the remote cluster with the rights that every migration needs, and none on applications."""
    token = await planes.token(world.remote, world.namespace, "scant")
    needs, account = needed.of_any_cluster(), roles.Granted(f"system:serviceaccount:{world.namespace}:scant")
    name = f"{world.namespace}-scant"
    objects = [
        roles.role("ClusterRole", name, needs.cluster),
        roles.binding("ClusterRoleBinding", name, "ClusterRole", name, account.subjects),
        roles.role("Role", name, needs.toolkit, namespace=world.namespace),
        roles.binding("RoleBinding", name, "Role", name, account.subjects, namespace=world.namespace),
    ]
    await apply(world.remote, roles.text(objects))
    await permits.in_force(world.remote, world.namespace, "scant", objects)
    return token


async def test_missing_rights_are_told_with_the_roles_that_grant_them(host: Client, remote: Client, s3: S3Server) -> None:
    """A plan is not Ready before its token may do all that it needs; the manifest in its status is enough; lost rights are told again."""
    async with planes.installation(host, remote) as world:
        await planes.make_namespace(remote, "rights-1")
        await world.declare_clusters(token=await scant_token(world))
        await world.declare_storage(s3)
        await world.declare_plan("plan", ["rights-1"])
        await world.until(resources.MIG_CLUSTERS, "remote", planes.is_ready)
        plan = await world.until(PLANS, "plan", planes.shows(conditions.MISSING_PERMISSIONS))
        assert not planes.is_ready(plan)
        assert "in rights-1" in message(plan, conditions.MISSING_PERMISSIONS)
        [lacking] = plan["status"]["missingPermissions"]
        assert lacking["cluster"] == "remote"
        assert lacking["user"] == f"system:serviceaccount:{world.namespace}:scant"
        assert {"namespace": "rights-1", "group": "", "resource": "limitranges", "verbs": ["list", "watch"]} in lacking["permissions"]
        objects = await apply(remote, lacking["manifest"])
        plan = await world.until(PLANS, "plan", planes.is_ready)
        assert "missingPermissions" not in plan["status"]
        for item in objects:
            if item["kind"] == "RoleBinding":
                kind = (await discovery.discover(remote)).by_kind(item["apiVersion"], "RoleBinding")
                assert kind is not None
                await remote.delete(kind, item["metadata"]["name"], namespace="rights-1")
        rule = {"apiGroups": [""], "resources": ["limitranges"], "verbs": ["list"]}
        await permits.until(remote, lacking["user"], rule, space="rights-1", allowed=False)
        await host.patch(PLANS, "plan", {"spec": {"refresh": True}}, namespace=world.namespace)
        plan = await world.until(PLANS, "plan", planes.shows(conditions.MISSING_PERMISSIONS))
        assert not planes.is_ready(plan)


async def test_proxy_secrets_must_be_one_and_say_something(host: Client, remote: Client, s3: S3Server) -> None:
    """Two Secrets with the label, or one without a key, block Ready on either side; what is put right counts at once."""
    async with planes.installation(host, remote) as world:
        await world.ready_plan(s3, "proxy-1")
        labels = {names.PROXY_CONFIG: names.PROXY_CONFIG_VALUE}
        for cluster, type_ in (
            (remote, conditions.SOURCE_CLUSTER_PROXY_SECRET_MISCONFIGURED),
            (host, conditions.DESTINATION_CLUSTER_PROXY_SECRET_MISCONFIGURED),
        ):
            for name in ("proxy-a", "proxy-b"):
                body: Object = {
                    "metadata": {"name": name, "namespace": world.namespace, "labels": labels},
                    "apiVersion": "v1",
                    "kind": "Secret",
                }
                await cluster.create(resources.SECRETS, body)
            plan = await world.until(PLANS, "plan", reason(type_, conditions.CONFLICT))
            assert "[proxy-a,proxy-b]" in message(plan, type_)
            await cluster.delete(resources.SECRETS, "proxy-b", namespace=world.namespace)
            plan = await world.until(PLANS, "plan", reason(type_, conditions.KEY_NOT_FOUND))
            assert "proxy-a" in message(plan, type_)
            value = base64.b64encode(b"http://proxy.example.org:3128").decode()
            await cluster.patch(resources.SECRETS, "proxy-a", {"data": {"HTTP_PROXY": value}}, namespace=world.namespace)
            plan = await world.until(PLANS, "plan", planes.is_ready)
            assert type_ not in planes.found(plan)
            assert "proxy.example.org" not in str(plan)


async def define_kubevirt(cluster: Client) -> None:
    """The kind KubeVirt, with nothing behind it."""
    kind = plan_asides.KUBEVIRTS
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    spec = {
        "group": kind.group,
        "scope": "Namespaced",
        "names": {"kind": kind.kind, "plural": kind.plural, "singular": "kubevirt", "listKind": "KubeVirtList"},
        "versions": [{"name": kind.version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
    }
    body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{kind.group}"},
        "spec": spec,
    }
    await cluster.create(resources.CUSTOM_RESOURCE_DEFINITIONS, body)
    await planes.established(cluster)


@asynccontextmanager
async def kubevirt_defined(*clusters: Client) -> AsyncIterator[None]:
    """The kind KubeVirt on these clusters; other stories must not find it there."""
    for cluster in clusters:
        await define_kubevirt(cluster)
    try:
        yield
    finally:
        for cluster in clusters:
            await cluster.delete(resources.CUSTOM_RESOURCE_DEFINITIONS, f"{plan_asides.KUBEVIRTS.plural}.{plan_asides.KUBEVIRTS.group}")


async def test_kubevirt_is_looked_at_where_machines_are_to_be_moved_while_they_run(host: Client, remote: Client, s3: S3Server) -> None:
    """Absent, too old, switched off, and right, one after the other; none of them keeps the plan from being Ready."""
    absent, old, off = (
        conditions.KUBEVIRT_NOT_INSTALLED,
        conditions.KUBEVIRT_VERSION_NOT_SUPPORTED,
        conditions.KUBEVIRT_LIVE_MIGRATION_NOT_ENABLED,
    )
    kind = plan_asides.KUBEVIRTS
    async with planes.installation(host, remote) as world:
        plan = await world.ready_plan(s3, "virt-1")
        assert not {absent, old, off} & planes.found(plan).keys()
        await host.patch(PLANS, "plan", {"spec": {"liveMigrate": True}}, namespace=world.namespace)
        plan = await world.until(PLANS, "plan", planes.shows(absent, conditions.READY))
        assert "cluster remote has no KubeVirt object and cluster host has no" in message(plan, absent)
        async with kubevirt_defined(host, remote):
            await world.make(kind, "kubevirt", cluster=host, status={"operatorVersion": "v1.5.0"}, spec=_spec())
            await world.make(kind, "kubevirt", cluster=remote, status={"operatorVersion": "v1.2.3"}, spec={})
            plan = await world.until(PLANS, "plan", planes.shows(old, conditions.READY))
            assert "cluster remote runs v1.2.3" in message(plan, old)
            assert absent not in planes.found(plan)
            await remote.patch(kind, "kubevirt", {"status": {"operatorVersion": "v1.3.0"}}, namespace=world.namespace)
            plan = await world.until(PLANS, "plan", planes.shows(off, conditions.READY))
            assert "vmRolloutStrategy" in message(plan, off)
            await remote.patch(kind, "kubevirt", {"spec": _spec()}, namespace=world.namespace)
            await world.until(PLANS, "plan", lambda item: "VolumeMigration" in planes.found(item).get(off, {}).get("message", ""))
            gates = ["VolumesUpdateStrategy", "VolumeMigration", "VMLiveUpdateFeatures"]
            await remote.patch(kind, "kubevirt", {"spec": _spec(gates)}, namespace=world.namespace)
            plan = await world.until(PLANS, "plan", planes.lacks(absent, old, off))
            assert planes.is_ready(plan)


def _spec(gates: list[str] | None = None) -> Object:
    return {"configuration": {"vmRolloutStrategy": "LiveUpdate", "developerConfiguration": {"featureGates": gates or []}}}


async def test_a_quota_that_is_too_small_is_told_before_the_target_refuses_claims(host: Client, remote: Client, s3: S3Server) -> None:
    """A warning with claim, quota, needed and left; raising the quota ends it, and so does a limit that fits."""
    async with planes.installation(host, remote) as world:
        await planes.make_namespace(remote, "quota-1")
        await planes.make_namespace(host, "quota-2")
        await volumes.make_class(host, "roomy", "roomy.example.org", default=False)
        csi = {"csi": {"driver": "roomy.example.org", "volumeHandle": "a"}}
        await volumes.make_volume(remote, "quota-1", "data", csi, size="2Gi", storage_class="quota-test")
        await volumes.make_volume(remote, "quota-1", "logs", csi, size="1Gi", storage_class="quota-test")
        await world.declare_clusters()
        await world.declare_storage(s3)
        await world.declare_plan("plan", ["quota-1:quota-2"])
        type_ = conditions.TARGET_QUOTA_TOO_SMALL
        await world.until(PLANS, "plan", planes.is_ready)
        quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small", "namespace": "quota-2"}}
        await host.create(resources.RESOURCE_QUOTAS, {**quota, "spec": {"hard": {"requests.storage": "2Gi", "pods": "0"}}})
        plan = await world.until(PLANS, "plan", planes.shows(type_, conditions.READY))
        text = message(plan, type_)
        assert "ResourceQuota quota-2/small leaves 2Gi of requests.storage and data, logs need 3Gi" in text
        assert planes.found(plan)[type_]["items"] == ["quota-2/data", "quota-2/logs"]
        await host.patch(resources.RESOURCE_QUOTAS, "small", {"spec": {"hard": {"requests.storage": "3Gi"}}}, namespace="quota-2")
        await world.until(PLANS, "plan", planes.lacks(type_))
        limits = {"limits": [{"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}]}
        body = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "narrow", "namespace": "quota-2"}, "spec": limits}
        await host.create(resources.LIMIT_RANGES, body)
        plan = await world.until(PLANS, "plan", planes.shows(type_))
        assert "LimitRange quota-2/narrow allows at most 1Gi for a claim and data asks for 2Gi" in message(plan, type_)
        await host.delete(resources.LIMIT_RANGES, "narrow", namespace="quota-2")
        await world.until(PLANS, "plan", planes.lacks(type_))


async def move(world: World, plan: Object) -> None:
    """Chooses to move the only volume of a plan."""
    [entry] = plan["spec"]["persistentVolumes"]
    entry["selection"]["action"] = "move"
    await world.host.patch(PLANS, plan["metadata"]["name"], {"spec": {"persistentVolumes": [entry]}}, namespace=world.namespace)


def has_volume(item: Object) -> bool:
    """Whether discovery has been there."""
    return bool(item["spec"].get("persistentVolumes"))


async def test_nfs_servers_of_moved_volumes_must_answer_from_the_target(host: Client, remote: Client, s3: S3Server) -> None:
    """A server that does not answer takes `move` away, and gives it back when it answers."""
    async with planes.installation(host, remote) as world:
        await planes.make_namespace(remote, "nfs-1")
        await volumes.make_volume(remote, "nfs-1", "data", {"nfs": {"server": "127.77.0.9", "path": "/x"}}, storage_class="")
        await world.declare_clusters()
        await world.declare_storage(s3)
        await world.declare_plan("plan", ["nfs-1"])
        await move(world, await world.until(PLANS, "plan", has_volume))
        closed = conditions.NFS_NOT_ACCESSIBLE
        plan = await world.until(PLANS, "plan", planes.shows(closed, conditions.PV_INVALID_ACTION))
        assert "[127.77.0.9]" in message(plan, closed)
        assert plan["spec"]["persistentVolumes"][0]["supported"]["actions"] == ["skip", "copy"]
        with socket.create_server(("127.77.0.9", nfs.PORT)):
            plan = await world.until(PLANS, "plan", planes.is_ready, timeout_s=60)
        assert closed not in planes.found(plan)
        assert plan["spec"]["persistentVolumes"][0]["supported"]["actions"] == ["skip", "copy", "move"]


async def test_a_target_from_which_nothing_can_be_tried_is_told(host: Client, remote: Client, s3: S3Server) -> None:
    """Without a pod of the engine on a remote target nobody knows whether a server answers; copying needs no answer."""
    async with planes.installation(host, remote) as world:
        await planes.make_namespace(host, "nfs-2")
        await volumes.make_volume(host, "nfs-2", "data", {"nfs": {"server": "127.77.0.9", "path": "/x"}}, storage_class="")
        await world.declare_clusters()
        await world.declare_storage(s3)
        refs = {"srcMigClusterRef": world.reference("host"), "destMigClusterRef": world.reference("remote")}
        await world.declare_plan("plan", ["nfs-2"], **refs)
        plan = await world.until(PLANS, "plan", has_volume)
        await move(world, plan)
        unknown = conditions.NFS_ACCESS_CANNOT_BE_VALIDATED
        plan = await world.until(PLANS, "plan", reason(unknown, conditions.NOT_FOUND))
        assert not planes.is_ready(plan)
        assert "No pod with label component=velero runs" in message(plan, unknown)
        [entry] = plan["spec"]["persistentVolumes"]
        entry["selection"]["action"] = "copy"
        await host.patch(PLANS, "plan", {"spec": {"persistentVolumes": [entry]}}, namespace=world.namespace)
        plan = await world.until(PLANS, "plan", planes.lacks(unknown))


async def test_what_an_analysis_finds_out_about_volumes_is_told_with_the_plan(host: Client, remote: Client, s3: S3Server) -> None:
    """Without figures a plan says so; figures are played here, where the node agents' end: a larger capacity is proposed, and taken back."""
    kind = resources.MIG_ANALYTICS
    usage, extended, adjust = (
        conditions.PV_USAGE_ANALYSIS_FAILED,
        conditions.EXTENDED_PV_ANALYSIS_FAILED,
        conditions.PV_CAPACITY_ADJUSTMENT_REQUIRED,
    )
    async with planes.installation(host, remote) as world:
        await planes.make_namespace(remote, "sizes-1")
        csi = {"csi": {"driver": "csi.example.org", "volumeHandle": "a"}}
        await volumes.make_volume(remote, "sizes-1", "data", csi, storage_class="sizes")
        await world.declare_clusters()
        await world.declare_storage(s3)
        await world.declare_plan("plan", ["sizes-1"])
        await world.until(PLANS, "plan", lambda item: planes.is_ready(item) and has_volume(item))
        flags = {"analyzeK8SResources": False, "analyzePVCapacity": False, "analyzeImageCount": False, "analyzeExtendedPVCapacity": True}
        await world.make(kind, "measure", spec={"migPlanRef": world.reference("plan"), **flags})
        measured = f"MigAnalytic {world.namespace}/measure "
        plan = await world.until(
            PLANS, "plan", lambda item: planes.shows(usage, extended, conditions.READY)(item) and measured in message(item, usage)
        )
        assert planes.found(plan)[extended]["reason"] == conditions.FAILED_RUNNING_DF
        known = (await host.get(kind, "measure", namespace=world.namespace))["status"]["conditions"]
        unknown = [item | ({"reason": conditions.FAILED_RUNNING_DU} if item["type"] == extended else {}) for item in known]
        await host.patch(kind, "measure", {"status": {"conditions": unknown}}, namespace=world.namespace)
        await world.until(PLANS, "plan", reason(extended, conditions.FAILED_RUNNING_DU))
        for proposed, status, why in (("2Gi", "True", conditions.NOT_DONE), ("1Gi", "False", conditions.DONE)):
            claim = {"name": "data", "proposedCapacity": proposed, "usagePercentage": 99}
            known = (await host.get(kind, "measure", namespace=world.namespace))["status"]["conditions"]
            kept = [item for item in known if item["type"] == conditions.READY]
            figures = {"namespaces": [{"namespace": "sizes-1", "persistentVolumes": [claim]}]}
            await host.patch(kind, "measure", {"status": {"conditions": kept, "analytics": figures}}, namespace=world.namespace)
            plan = await world.until(PLANS, "plan", reason(adjust, why))
            assert planes.found(plan)[adjust]["status"] == status
            assert not {usage, extended} & planes.found(plan).keys()
            assert plan["spec"]["persistentVolumes"][0].get("proposedCapacity") == ("2Gi" if status == "True" else None)
            assert planes.is_ready(plan)
