"""Given a plan, when a MigAnalytic names it, then the figures of what it would migrate are in its status."""

import pytest

from kit import planes, volumes
from kit.s3 import S3Server
from mtc.api import conditions, names
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration.settings import MIGRATION_CONTROLLERS

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
        assert item["metadata"]["labels"]["migplan"] == names.label_value(PLAN)
        figures = item["status"]["analytics"]
        assert figures["percentComplete"] == 100
        assert (figures["pvCount"], figures["pvCapacity"], figures["imageCount"]) == (2, "3Gi", 0)
        assert counted(item)["PersistentVolumeClaim"] == 2
        assert counted(item)["ServiceAccount"] == 1
        missing = planes.found(item)[conditions.MISSING_PERMISSIONS]
        assert "services" in missing["items"]
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
