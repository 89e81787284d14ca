"""Given a plan, when a MigAnalytic names it, then the figures of what it would migrate are in its status."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from kit import planes, volumes
from kit.planes import World
from kit.s3 import S3Server
from mtc.api import base, conditions, names
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.mirror import Follower
from mtc.kube.mirrors import Mirrors
from mtc.kube.reading import Readings
from mtc.kube.served import ServedKinds
from mtc.migration import reconcile_plan, shapes
from mtc.migration.clusters import Clusters
from mtc.migration.plan_facts import Context
from mtc.migration.settings import MIGRATION_CONTROLLERS, Live
from mtc.migration.topics import Result

pytestmark = pytest.mark.anyio

#: Longer than a label may be.
PLAN = "plan-" + "long" * 20


def counted(item: Object) -> dict[str, int]:
    """Objects by kind of the only namespace."""
    [namespace] = item["status"]["analytics"]["namespaces"]
    return {entry["kind"]: entry["count"] for entry in namespace["k8sResources"]}


async def test_objects_and_claims_of_a_plan_are_counted(host: Client, remote: Client, s3: S3Server) -> None:
    """Postponed until the plan is Ready; then counts, sums and what may not be counted; counted again, and not added up, on refresh."""
    async with planes.installation(host, remote) as world:
        await world.declare_clusters()
        await planes.forbid_other_kinds(remote, world.namespace, "mover")
        await world.declare_storage(s3)
        spec: Object = {"analyzeK8SResources": True, "analyzePVCapacity": True, "analyzeImageCount": True}
        await world.make(resources.MIG_ANALYTICS, "count", spec={"migPlanRef": world.reference(PLAN), **spec})
        await host.patch(resources.MIG_ANALYTICS, "count", {"metadata": {"labels": {"of": "somebody"}}}, namespace=world.namespace)
        await world.until(resources.MIG_ANALYTICS, "count", planes.shows(conditions.INVALID_PLAN_REF))
        await world.declare_plan(PLAN, ["count-1"])
        await world.until(resources.MIG_PLANS, PLAN, planes.shows(conditions.NAMESPACE_NOT_FOUND_ON_SOURCE))
        await world.until(resources.MIG_ANALYTICS, "count", planes.shows(conditions.POSTPONED))
        await planes.make_namespace(remote, "count-1")
        csi = {"csi": {"driver": "csi.example.org", "volumeHandle": "a"}}
        await volumes.make_volume(remote, "count-1", "data", csi, size="2Gi", storage_class="count")
        await volumes.make_volume(remote, "count-1", "logs", csi, size="1Gi", storage_class="count")
        await world.until(resources.MIG_PLANS, PLAN, planes.is_ready)
        item = await world.until(resources.MIG_ANALYTICS, "count", planes.is_ready)
        assert item["metadata"]["labels"] == {"of": "somebody", "migplan": names.label_value(PLAN)}
        figures = item["status"]["analytics"]
        assert figures["percentComplete"] == 100
        assert (figures["pvCount"], figures["pvCapacity"], figures["imageCount"]) == (2, "3Gi", 0)
        assert counted(item)["PersistentVolumeClaim"] == 2
        assert counted(item)["ServiceAccount"] == 1
        missing = planes.found(item)[conditions.MISSING_PERMISSIONS]
        assert "endpoints" in missing["items"]
        assert "imagestreams.image.openshift.io" not in missing["items"]
        assert not {conditions.INVALID_PLAN_REF, conditions.POSTPONED} & planes.found(item).keys()
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "more", "namespace": "count-1"}}
        await remote.create(resources.SERVICE_ACCOUNTS, account)
        await host.patch(resources.MIG_ANALYTICS, "count", {"spec": {"refresh": True}}, namespace=world.namespace)
        item = await world.until(
            resources.MIG_ANALYTICS, "count", lambda found: not found["spec"]["refresh"] and counted(found)["ServiceAccount"] == 2
        )
        assert item["status"]["analytics"]["pvCount"] == 2


async def test_volumes_that_nothing_mounts_cannot_be_measured_and_that_is_told(host: Client, remote: Client, s3: S3Server) -> None:
    """A plan need not be Ready for it; what the claims themselves tell is in the figures."""
    async with planes.installation(host, remote) as world:
        await planes.make_namespace(remote, "usage-1")
        csi = {"csi": {"driver": "csi.example.org", "volumeHandle": "a"}}
        await volumes.make_volume(remote, "usage-1", "data", csi, size="2Gi", storage_class="count")
        await world.declare_clusters()
        await world.declare_plan("plan", ["usage-1"], storage="absent")
        flags = {"analyzeK8SResources": False, "analyzePVCapacity": False, "analyzeImageCount": False}
        spec = {"migPlanRef": world.reference("plan"), **flags, "analyzeExtendedPVCapacity": True}
        await world.until(resources.MIG_CLUSTERS, "remote", planes.is_ready)
        await world.make(resources.MIG_ANALYTICS, "measure", spec=spec)
        item = await world.until(resources.MIG_ANALYTICS, "measure", planes.is_ready)
        failed = planes.found(item)[conditions.EXTENDED_PV_ANALYSIS_FAILED]
        assert failed["reason"] == conditions.FAILED_RUNNING_DF
        assert failed["items"] == ["pv-usage-1-data"]
        assert conditions.EXTENDED_PV_ANALYSIS_STARTED not in planes.found(item)
        [claim] = item["status"]["analytics"]["namespaces"][0]["persistentVolumes"]
        assert (claim["name"], claim["requestedCapacity"]) == ("data", "2Gi")


async def test_a_plan_has_its_volumes_measured(host: Client, remote: Client, s3: S3Server) -> None:
    """By a MigAnalytic of its own, again with each refresh; it goes with the plan that is closed. Not where the settings say no."""
    async with planes.installation(host, remote) as world:
        await planes.make_namespace(remote, "measured-1")
        csi = {"csi": {"driver": "csi.example.org", "volumeHandle": "a"}}
        await volumes.make_volume(remote, "measured-1", "data", csi, size="2Gi", storage_class="count")
        await world.declare_clusters()
        await world.declare_storage(s3)
        off = {"enable_intelligent_pv_resize": False}
        await world.make(MIGRATION_CONTROLLERS, names.CONTROLLER_NAME, spec=off)
        await world.until(MIGRATION_CONTROLLERS, names.CONTROLLER_NAME, planes.is_ready)
        await world.declare_plan("plan", ["measured-1"])
        await world.until(resources.MIG_PLANS, "plan", planes.is_ready)
        assert not await host.list_all(resources.MIG_ANALYTICS, namespace=world.namespace)
        await host.patch(
            MIGRATION_CONTROLLERS, names.CONTROLLER_NAME, {"spec": {"enable_intelligent_pv_resize": True}}, namespace=world.namespace
        )
        await host.patch(resources.MIG_PLANS, "plan", {"spec": {"refresh": True}}, namespace=world.namespace)
        plan = await world.until(resources.MIG_PLANS, "plan", planes.shows(conditions.PV_USAGE_ANALYSIS_FAILED))
        assert planes.is_ready(plan)
        [made] = await host.list_all(resources.MIG_ANALYTICS, namespace=world.namespace)
        name = made["metadata"]["name"]
        assert made["metadata"]["labels"] == {"migplan": "plan", names.CREATED_BY: "plan"}
        assert [owner["uid"] for owner in made["metadata"]["ownerReferences"]] == [plan["metadata"]["uid"]]
        first = made["metadata"]["generation"]
        await host.patch(resources.MIG_PLANS, "plan", {"spec": {"refresh": True}}, namespace=world.namespace)
        again = await world.until(
            resources.MIG_ANALYTICS, name, lambda item: item["metadata"]["generation"] > first and not item["spec"].get("refresh")
        )
        assert planes.is_ready(again)
        await host.patch(resources.MIG_PLANS, "plan", {"spec": {"closed": True}}, namespace=world.namespace)
        await world.until(resources.MIG_PLANS, "plan", planes.shows(conditions.CLOSED))
        assert not await host.list_all(resources.MIG_ANALYTICS, namespace=world.namespace)


async def declare_with_volume(world: World, s3: S3Server, name: str) -> None:
    """Everything but the plan, and a namespace with a volume that a running pod mounts."""
    await planes.make_namespace(world.remote, name)
    await volumes.make_mounted(world.remote, name, "data", storage_class="count")
    await world.declare_clusters()
    await world.declare_storage(s3)


async def test_a_plan_is_ready_once_its_volumes_are_measured_in_time(host: Client, remote: Client, s3: S3Server) -> None:
    """Not before; what took too long is told and not used. Figures are played here, where the node agents' end."""
    running, usage = conditions.PV_USAGE_ANALYSIS_RUNNING, conditions.PV_USAGE_ANALYSIS_FAILED
    kind = resources.MIG_ANALYTICS
    async with planes.installation(host, remote) as world:
        await declare_with_volume(world, s3, "timely-1")
        seen: list[Object] = []

        def is_ready(item: Object) -> bool:
            seen.append(item)
            return planes.is_ready(item)

        waiting = asyncio.create_task(world.until(resources.MIG_PLANS, "plan", is_ready))
        await world.declare_plan("plan", ["timely-1"])
        plan = await waiting
        assert running not in planes.found(plan)
        assert any(running in planes.found(item) for item in seen)
        [made] = await host.list_all(kind, namespace=world.namespace)
        assert made["status"]["measuringSeconds"] >= 0
        claim = {"name": "data", "proposedCapacity": "2Gi", "requestedCapacity": "1Gi", "usagePercentage": 99}
        status = {
            "conditions": [item for item in made["status"]["conditions"] if item["type"] == conditions.READY],
            "analytics": {"namespaces": [{"namespace": "timely-1", "persistentVolumes": [claim]}]},
        }
        for took_s, proposed in ((500, None), (50, "2Gi")):
            body = {"status": {**status, "measuringSeconds": took_s}}
            await host.patch(kind, made["metadata"]["name"], body, namespace=world.namespace)
            plan = await world.until(
                resources.MIG_PLANS,
                "plan",
                lambda item, is_late=proposed is None: (
                    ("took" in planes.found(item).get(usage, {}).get("message", "")) is is_late and planes.is_ready(item)
                ),
            )
            assert plan["spec"]["persistentVolumes"][0].get("proposedCapacity") == proposed
            assert (usage in planes.found(plan)) == (proposed is None)


async def test_a_plan_does_not_wait_for_ever_for_its_volumes_to_be_measured(host: Client, remote: Client, s3: S3Server) -> None:
    """Nobody measures here: after two minutes the plan is Ready and says so, and a pass after that does not begin to wait again."""
    running, usage = conditions.PV_USAGE_ANALYSIS_RUNNING, conditions.PV_USAGE_ANALYSIS_FAILED
    async with planes.installation(host, remote) as world:
        await declare_with_volume(world, s3, "overdue-1")
        for kind, name in ((resources.MIG_CLUSTERS, "host"), (resources.MIG_CLUSTERS, "remote"), (resources.MIG_STORAGES, "repo")):
            await world.until(kind, name, planes.is_ready)
    await world.declare_plan("plan", ["overdue-1"])
    start = datetime.now(UTC).replace(microsecond=0)
    served = ServedKinds(Mirrors(shapes.SHAPES))
    async with Clusters(host) as clusters, asyncio.TaskGroup() as group:
        serving = group.create_task(served.mirrors.run())
        context = Context(clusters=clusters, settings=Live(), namespace=world.namespace)
        readings = Readings(served, Follower("test", lambda *_: None))

        async def step(after_s: float) -> tuple[Result, Object]:
            readings.again_s = None
            now = start + timedelta(seconds=after_s)
            done = await reconcile_plan.step(base.Ref(world.namespace, "plan"), context=context, readings=readings, clock=lambda: now)
            return done, await host.get(resources.MIG_PLANS, "plan", namespace=world.namespace)

        done, plan = await step(0)
        assert (done.after_s, planes.is_ready(plan), running in planes.found(plan)) == (120, False, True)
        assert {conditions.PVS_DISCOVERED, conditions.STORAGE_ENSURED} <= planes.found(plan).keys()
        done, plan = await step(119)
        assert (done.after_s, planes.is_ready(plan), usage in planes.found(plan)) == (1, False, False)
        for after_s in (120, 500):
            done, plan = await step(after_s)
            assert (done.after_s, planes.is_ready(plan), running in planes.found(plan)) == (None, True, True)
            assert "within 120 seconds" in planes.found(plan)[usage]["message"]
        serving.cancel()
