"""Given a running controller, when its settings change, then they are in effect without a restart, and what is wrong is told."""

from typing import Any

import pytest

from kit import planes
from kit.planes import World
from kit.s3 import S3Server
from mtc.api import conditions, names
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration.settings import MIGRATION_CONTROLLERS

pytestmark = pytest.mark.anyio

NAME = names.CONTROLLER_NAME
NAMES = (names.CONTROLLER_CONFIG_MAP, names.CLUSTER_CONFIG_MAP)


async def configure(world: World, spec: dict[str, Any]) -> None:
    """Changes keys of the MigrationController."""
    await world.host.patch(MIGRATION_CONTROLLERS, NAME, {"spec": spec}, namespace=world.namespace)


async def test_a_changed_limit_reaches_plans_without_a_restart(host: Client, remote: Client, s3: S3Server) -> None:
    """Environment, ConfigMap, MigrationController: each overrules the one before, at once; and lets go when it is gone."""
    async with planes.installation(host, remote) as world:
        for name in ("set-1", "set-2"):
            await planes.make_namespace(remote, name)
        await world.declare_clusters()
        await world.declare_storage(s3)
        await world.declare_plan("plan", ["set-1", "set-2"])
        await world.until(resources.MIG_PLANS, "plan", planes.is_ready)
        await world.make(resources.CONFIG_MAPS, names.CONTROLLER_CONFIG_MAP, data={"NAMESPACE_LIMIT": "1"})
        plan = await world.until(resources.MIG_PLANS, "plan", planes.shows(conditions.NAMESPACE_LIMIT_EXCEEDED))
        assert not planes.is_ready(plan)
        await world.make(MIGRATION_CONTROLLERS, NAME, spec={"mig_namespace_limit": "2", "excluded_resources": "widgets"})
        plan = await world.until(
            resources.MIG_PLANS, "plan", lambda item: planes.is_ready(item) and item["status"]["excludedResources"] == ["widgets"]
        )
        await host.delete(MIGRATION_CONTROLLERS, NAME, namespace=world.namespace)
        await world.until(resources.MIG_PLANS, "plan", planes.shows(conditions.NAMESPACE_LIMIT_EXCEEDED))
        await host.delete(resources.CONFIG_MAPS, names.CONTROLLER_CONFIG_MAP, namespace=world.namespace)
        await world.until(resources.MIG_PLANS, "plan", planes.is_ready)


async def test_what_is_wrong_with_settings_is_told_and_the_rest_applies(host: Client, remote: Client) -> None:
    """Unknown keys with the nearest known one, bad values with what is expected, keys without effect; conditions of others stay."""
    async with planes.installation(host, remote) as world:
        foreign = {"type": "Running", "status": "True", "ansibleResult": {"ok": 3}}
        spec = {"mig_pv_limits": 5, "mig_pod_limit": "many", "mig_namespace_limit": 3, "rsync_opt_info": "COPY2"}
        await world.make(MIGRATION_CONTROLLERS, NAME, spec=spec, status={"conditions": [foreign], "phase": "Reconciled"})
        item = await world.until(MIGRATION_CONTROLLERS, NAME, planes.shows(conditions.INVALID_SETTINGS, conditions.UNKNOWN_SETTINGS))
        found = planes.found(item)
        assert "`mig_pod_limit` is 'many': write a whole number of at least 1" in found[conditions.INVALID_SETTINGS]["message"]
        assert "did you mean `mig_pv_limit`?" in found[conditions.UNKNOWN_SETTINGS]["message"]
        assert "rsync_opt_info" in found[conditions.SETTINGS_WITHOUT_EFFECT]["message"]
        assert found["Running"] == foreign
        assert item["status"]["phase"] == "Reconciled"
        assert not planes.is_ready(item)
        await world.until_list(
            resources.EVENTS,
            lambda items: {conditions.INVALID_SETTINGS, conditions.UNKNOWN_SETTINGS} <= {part["reason"] for part in items},
            cluster=host,
        )
        await configure(world, {"mig_pv_limits": None, "mig_pod_limit": 7})
        item = await world.until(MIGRATION_CONTROLLERS, NAME, planes.is_ready)
        assert planes.found(item).keys() == {"Running", conditions.READY, conditions.SETTINGS_WITHOUT_EFFECT}


async def test_settings_are_not_written_again_and_again(host: Client, remote: Client) -> None:
    """After the conditions stand, further passes (here: for a change that says the same) leave the object alone."""
    async with planes.installation(host, remote) as world:
        await world.make(MIGRATION_CONTROLLERS, NAME, spec={"mig_pv_limits": 5})
        before = await world.until(MIGRATION_CONTROLLERS, NAME, planes.shows(conditions.UNKNOWN_SETTINGS))
        await world.make(MIGRATION_CONTROLLERS, "another", spec={"mig_pv_limit": 5})
        await world.until(MIGRATION_CONTROLLERS, "another", planes.shows(conditions.SETTINGS_IGNORED))
        await world.make(resources.CONFIG_MAPS, names.CONTROLLER_CONFIG_MAP, data={"PV_LIMIT": "500"})
        await world.make(resources.CONFIG_MAPS, names.CLUSTER_CONFIG_MAP, data={"OPERATOR_VERSION": "9.9.9"})
        await world.make(resources.MIG_CLUSTERS, "host", spec={"isHostCluster": True})
        await world.until(resources.MIG_CLUSTERS, "host", lambda item: (item.get("status") or {}).get("operatorVersion") == "9.9.9")
        after = await host.get(MIGRATION_CONTROLLERS, NAME, namespace=world.namespace)
        assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


async def test_without_a_migration_controller_the_config_map_has_the_event(host: Client, remote: Client) -> None:
    """A bad value there neither stops the start nor goes unnoticed; on the cluster it is a condition of the MigCluster."""
    async with planes.installation(host, remote) as world:
        await world.make(resources.CONFIG_MAPS, names.CONTROLLER_CONFIG_MAP, data={"PV_LIMIT": "lots"})
        await world.make(resources.CONFIG_MAPS, names.CLUSTER_CONFIG_MAP, data={"RSYNC_ENDPOINT_TYPE": "Carrier"})
        await world.until_list(resources.EVENTS, lambda items: {told(item) for item in items} >= {*NAMES}, cluster=host)
        await world.make(resources.MIG_CLUSTERS, "host", spec={"isHostCluster": True})
        item = await world.until(resources.MIG_CLUSTERS, "host", planes.shows(conditions.INVALID_SETTINGS))
        assert "one of Route, ClusterIP, NodePort" in planes.found(item)[conditions.INVALID_SETTINGS]["message"]
        assert planes.is_ready(item)


def told(event: Object) -> str:
    """The ConfigMap whose settings an Event complains about."""
    is_ours = event["reason"] == conditions.INVALID_SETTINGS and event["involvedObject"]["kind"] == "ConfigMap"
    return str(event["involvedObject"]["name"]) if is_ours else ""
