"""Given something that keeps a migration, when nothing has moved for the quiet time, then `Stalled` names it with the next command.

The quiet time is a second here, by the setting. Each story ends with the cause being gone, and the condition with it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kit import migrations, planes, ways
from kit.migrations import World
from mtc.api import names
from mtc.api.conditions import STALLED, WARN
from mtc.kube import access, codec, resources
from mtc.kube.client import JSON, Client, Object
from mtc.migration.settings import Live

pytestmark = pytest.mark.anyio

_NODE = "node-1"


@asynccontextmanager
async def stage(host: Client, remote: Client) -> AsyncIterator[World]:
    """A stage with a short quiet time."""
    async with migrations.stage(host, remote) as world:
        world.settings = Live({"STALLED_SECONDS": "1"})
        yield world


async def application(world: World) -> None:
    """A Deployment with one volume, and a plan for it."""
    await world.volume("data")
    await world.deployment("web", claims=["data"])
    await world.declare(volumes=["data"])


async def told(world: World, name: str, reason: str, *words: str) -> str:
    """The message of `Stalled` as soon as it has that reason and these words."""

    def is_told(item: Object) -> bool:
        found = planes.found(item).get(STALLED, {})
        return found.get("reason") == reason and all(word in found["message"] for word in words)

    item = await world.until(world.host, resources.MIG_MIGRATIONS, name, is_told)
    found = planes.found(item)[STALLED]
    assert found["category"] == WARN
    assert "Next, on that cluster: `kubectl " in found["message"] or "Next, on the host: `kubectl " in found["message"]
    return str(found["message"])


async def goes_on(world: World, name: str) -> None:
    """Returns when the migration has succeeded without a trace of what kept it."""
    over = await world.until_over(name)
    assert planes.found(over).keys() == {"Succeeded", "Ready"}


async def say(cluster: Client, pod: Object, **status: object) -> None:
    """What a kubelet or the scheduler would say of a pod."""
    meta = pod["metadata"]
    await cluster.patch(resources.PODS, meta["name"], {"status": status}, namespace=meta["namespace"], subresource="status")


async def bind(cluster: Client, pod: Object, node: str = _NODE) -> None:
    """Gives a pod a node, as the scheduler does."""
    meta = pod["metadata"]
    path = resources.PODS.path(namespace=meta["namespace"], name=meta["name"], subresource="binding")
    body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": meta["name"]}, "target": {"kind": "Node", "name": node}}
    await cluster.transport.request("POST", path, body=codec.dumps(body), headers=JSON)


async def kill(cluster: Client, pod: Object) -> None:
    """Deletes a pod at once, as a person does with --force."""
    meta = pod["metadata"]
    path = resources.PODS.path(namespace=meta["namespace"], name=meta["name"])
    await cluster.transport.request("DELETE", path, body=codec.dumps({"gracePeriodSeconds": 0}), headers=JSON)


async def toolkit_pod(world: World, cluster: Client, name: str, node: str = _NODE) -> Object:
    """A pod of the toolkit that is ready on a node."""
    spec = {"nodeName": node, "containers": [{"name": "c", "image": "registry.example/mtc:1"}]}
    pod = await world.make(cluster, resources.PODS, name, namespace=world.namespace, metadata={"labels": {"name": name}}, spec=spec)
    await say(cluster, pod, phase="Running", conditions=[{"type": "Ready", "status": "True"}])
    return pod


async def engine(world: World, cluster: Client) -> Object:
    """The Deployment of an engine whose pod is ready; that pod."""
    labels = {"app": "velero"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "velero", "image": "registry.example/mtc:1"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    await world.make(cluster, resources.DEPLOYMENTS, names.VELERO_NAME, namespace=world.namespace, spec=spec)
    pods = planes.World(cluster, cluster, world.namespace)
    (pod,) = await pods.until_list(resources.PODS, lambda found: len(found) == 1, cluster=cluster, label_selector="app=velero")
    await say(cluster, pod, phase="Running", conditions=[{"type": "Ready", "status": "True"}])
    await world.until(cluster, resources.DEPLOYMENTS, names.VELERO_NAME, lambda item: item.get("status", {}).get("availableReplicas") == 1)
    return pod


async def test_an_engine_that_is_not_there_and_then_a_bucket_that_is_not(host: Client, remote: Client) -> None:
    """The Backup is not taken; once an engine is there it has taken it, and the bucket is the cause."""
    async with stage(host, remote) as world:
        await world.declare(volumes=[])
        world.engine.holds.add("initial")
        await world.migrate("waits")
        async with migrations.running(world):
            text = await told(world, "waits", "EngineNotRunning", f"there is no Deployment {world.namespace}/velero")
            assert "Backup" in text
            assert "cluster remote" in text
            await engine(world, remote)
            await told(world, "waits", "EngineNotRunning", "the engine runs and has not taken it", "logs deployment/velero")
            (backup,) = await world.list(remote, resources.BACKUPS)
            begun = {"status": {"phase": "InProgress", "startTimestamp": migrations.now()}}
            await remote.patch(resources.BACKUPS, backup["metadata"]["name"], begun, namespace=world.namespace)
            await told(world, "waits", "NothingMoves", "no object was done")
            broken = {"status": {"phase": "Unavailable", "message": "403 InvalidAccessKeyId"}}
            await remote.patch(resources.BACKUP_STORAGE_LOCATIONS, "repo-abcde", broken, namespace=world.namespace)
            await told(world, "waits", "BucketUnreachable", "403 InvalidAccessKeyId", "MigStorage")
            world.engine.holds.clear()
            await world.end_all(remote, resources.BACKUPS, "initial")
            await goes_on(world, "waits")


async def test_a_volume_without_a_node_agent(host: Client, remote: Client) -> None:
    """None on the cluster, none on the node, and one that does not take it."""
    async with stage(host, remote) as world:
        await application(world)
        await engine(world, remote)
        world.engine.volumes["data"] = ""
        async with ways.copying(world, "alone"):
            (backup,) = [item for item in await world.list(remote, resources.BACKUPS) if migrations.word(item) == "stage"]
            begun = {"status": {"phase": "InProgress", "startTimestamp": migrations.now()}}
            await remote.patch(resources.BACKUPS, backup["metadata"]["name"], begun, namespace=world.namespace)
            await told(world, "alone", "NoNodeAgent", "PodVolumeBackup", "no node agent is ready on that cluster", "describe daemonset")
            await toolkit_pod(world, remote, names.NODE_AGENT_NAME, "elsewhere")
            await told(world, "alone", "NoNodeAgent", "no node agent is ready on node n,")
            await toolkit_pod(world, remote, names.NODE_AGENT_LEGACY_NAME, "n")
            await told(world, "alone", "NoNodeAgent", "of node n has not taken it", f"logs {names.NODE_AGENT_LEGACY_NAME}")
            world.engine.volumes["data"] = "Completed"
            (copy,) = await world.list(remote, resources.POD_VOLUME_BACKUPS)
            done = {"status": {"phase": "Completed", "snapshotID": "id-data", "completionTimestamp": migrations.now()}}
            await remote.patch(resources.POD_VOLUME_BACKUPS, copy["metadata"]["name"], done, namespace=world.namespace)
            world.engine.holds.clear()
            await world.end_all(remote, resources.BACKUPS, "stage")
            await goes_on(world, "alone")


async def test_a_stage_pod_that_does_not_run(host: Client, remote: Client) -> None:
    """Without a node, with an image that cannot be pulled (whatever the kubelet does at the moment), with a container that cannot be made."""
    image = "registry.example/mtc:1"
    async with stage(host, remote) as world:
        await application(world)
        world.engine.runs_pods = False
        await world.migrate("pods", quiescePods=True)
        async with migrations.running(world):
            await world.until_phase("pods", "StagePodsCreated")
            (pod,) = await world.until_list(remote, resources.PODS, lambda found: len(found) == 1, label_selector=names.IS_STAGE_POD)
            await told(world, "pods", "PodUnschedulable", f"Pod {world.app}/", "no scheduler has looked at it")
            words = "0/1 nodes are available: 1 Insufficient cpu."
            told_of = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": words}
            await say(remote, pod, conditions=[told_of])
            await told(world, "pods", "PodUnschedulable", words, f"kubectl -n {world.app} describe pod")
            await bind(remote, pod)
            await told(world, "pods", "PodNotStarting", f"node {_NODE} does not start it")
            name = {"name": pod["spec"]["containers"][0]["name"], "image": image, "imageID": "", "ready": False, "restartCount": 0}
            why = "failed to resolve reference: not found"
            first = {"waiting": {"reason": "ErrImagePull", "message": why}}
            await say(remote, pod, conditions=[], containerStatuses=[{**name, "state": first}])
            text = await told(world, "pods", "ImagePull", f"image {image} of container", why)
            again = {"waiting": {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{image}": ErrImagePull: {why}'}}
            await say(remote, pod, containerStatuses=[{**name, "state": again}])
            broken = {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "keys" not found'}}
            assert text == await told(world, "pods", "ImagePull", why)
            await say(remote, pod, containerStatuses=[{**name, "state": broken}])
            await told(world, "pods", "PodNotStarting", 'secret "keys" not found')
            world.engine.runs_pods = True
            await migrations.run_pod(remote, pod)
            await goes_on(world, "pods")


async def test_a_claim_of_the_target_that_is_not_bound(host: Client, remote: Client) -> None:
    """The pod whose volume is to be filled waits for it."""
    async with stage(host, remote) as world:
        await application(world)
        await engine(world, host)
        await toolkit_pod(world, host, names.NODE_AGENT_NAME)
        world.engine.holds.add("stage restore")
        world.engine.volumes["data back"] = ""
        await world.migrate("claim", quiescePods=True)
        await planes.make_namespace(host, world.app)
        await world.until(host, resources.SERVICE_ACCOUNTS, "default", bool, namespace=world.app)
        async with migrations.running(world):
            await world.until_phase("claim", "StageRestoreCreated")
            (restore,) = await world.list(host, resources.RESTORES)
            begun = {"status": {"phase": "InProgress", "startTimestamp": migrations.now()}}
            await host.patch(resources.RESTORES, restore["metadata"]["name"], begun, namespace=world.namespace)
            claim = {"accessModes": ["ReadWriteOnce"], "storageClassName": "slow", "resources": {"requests": {"storage": "1Gi"}}}
            await world.make(host, resources.PERSISTENT_VOLUME_CLAIMS, "data", spec=claim)
            (copy,) = await world.list(host, resources.POD_VOLUME_RESTORES)
            container = {"name": "c", "image": "registry.example/mtc:1"}
            volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
            pod = {"containers": [container], "volumes": volumes}
            made = await world.make(host, resources.PODS, copy["spec"]["pod"]["name"], spec=pod)
            words = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
            await say(host, made, conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": words}])
            text = await told(world, "claim", "ClaimUnbound", f"PersistentVolumeClaim {world.app}/data", "StorageClass slow")
            assert "cluster host" in text
            done = {"status": {"phase": "Completed", "completionTimestamp": migrations.now()}}
            await host.patch(resources.POD_VOLUME_RESTORES, copy["metadata"]["name"], done, namespace=world.namespace)
            await world.end_all(host, resources.RESTORES, "stage")
            await goes_on(world, "claim")


async def test_a_volume_that_no_node_agent_compares(host: Client, remote: Client) -> None:
    """It was filled, and then its node agent has gone."""
    async with stage(host, remote) as world:
        await application(world)
        world.engine.proofs["data"] = "late"
        await world.migrate("unproved", quiescePods=True)
        async with migrations.running(world):
            await told(world, "unproved", "NoNodeAgent", "PodVolumeRestore", "on cluster host", "no node agent is ready on that cluster")
            world.engine.proofs.clear()
            (copy,) = await world.list(host, resources.POD_VOLUME_RESTORES)
            back = {"metadata": {"annotations": {"node-agent": "is back"}}}
            await host.patch(resources.POD_VOLUME_RESTORES, copy["metadata"]["name"], back, namespace=world.namespace)
            await goes_on(world, "unproved")


async def test_a_pod_of_the_application_that_does_not_end(host: Client, remote: Client) -> None:
    """Its node does not answer; the migration waits, says until when the pod may take, and goes on when it is gone."""
    async with stage(host, remote) as world:
        await application(world)
        pods = await world.until_list(remote, resources.PODS, lambda found: len(found) == 2, label_selector="app=web")
        await bind(remote, pods[0])
        await world.migrate("stays", quiescePods=True)
        async with migrations.running(world):
            await world.until_phase("stays", "EnsureSrcQuiesced")
            await told(world, "stays", "PodNotEnding", pods[0]["metadata"]["name"], "it was told to end")
            await kill(remote, pods[0])
            await goes_on(world, "stays")


async def test_a_hook_whose_pods_exceed_the_quota(host: Client, remote: Client) -> None:
    """The words of the Job's events are told, and the command that shows the quota; then the pod of the hook has no node."""
    async with stage(host, remote) as world:
        await world.volume("data")
        await world.deployment("web", claims=["data"])
        spec = {"custom": True, "image": "registry.example/hook:1", "targetCluster": "source"}
        await world.make(host, resources.MIG_HOOKS, "before", namespace=world.namespace, spec=spec)
        reference = {"name": "before", "namespace": world.namespace}
        hook = {"reference": reference, "phase": "PreBackup", "executionNamespace": world.app, "serviceAccount": "default"}
        await world.declare(volumes=["data"], hooks=[hook])
        await world.make(remote, resources.RESOURCE_QUOTAS, "tight", spec={"hard": {"pods": "0"}})
        await world.until(remote, resources.RESOURCE_QUOTAS, "tight", lambda item: "hard" in item.get("status", {}), namespace=world.app)
        await world.migrate("hook", quiescePods=True)
        async with migrations.running(world):
            await told(world, "hook", "QuotaExceeded", f"Job {world.app}/", "exceeded quota: tight", "describe resourcequota")
            (job,) = await world.list(remote, resources.JOBS, namespace=world.app)
            suspended = {"spec": {"suspend": True}}
            await remote.delete(resources.RESOURCE_QUOTAS, "tight", namespace=world.app)
            await remote.patch(resources.JOBS, job["metadata"]["name"], suspended, namespace=world.app)
            await remote.patch(resources.JOBS, job["metadata"]["name"], {"spec": {"suspend": False}}, namespace=world.app)
            (pod,) = await world.until_list(remote, resources.PODS, lambda found: len(found) == 1, label_selector=names.PHASE)
            await told(world, "hook", "PodUnschedulable", pod["metadata"]["name"])
            await say(remote, pod, phase="Succeeded")
            await goes_on(world, "hook")


async def test_a_finalizer_that_keeps_a_rollback(host: Client, remote: Client) -> None:
    """The object and its finalizer are named, with the command that takes it away."""
    async with stage(host, remote) as world:
        await application(world)
        await planes.make_namespace(host, world.app)
        world.engine.brings = {"settings"}
        await world.migrate("there", quiescePods=True)
        async with migrations.running(world):
            await world.until_over("there")
            kept = {"metadata": {"finalizers": ["example.com/hold"]}}
            await host.patch(resources.CONFIG_MAPS, "settings", kept, namespace=world.app)
            await world.migrate("back", rollback=True)
            text = await told(world, "back", "FinalizerBlocks", f"ConfigMap {world.app}/settings", "example.com/hold")
            assert f"kubectl -n {world.app} patch configmap settings" in text
            await host.patch(resources.CONFIG_MAPS, "settings", {"metadata": {"finalizers": None}}, namespace=world.app)
            await goes_on(world, "back")


async def test_a_cluster_that_does_not_answer(host: Client, remote: Client) -> None:
    """It is named, and the migration goes on when it answers again."""
    async with stage(host, remote) as world:
        await application(world)
        world.engine.holds.add("stage")
        await world.migrate("cut-off", quiescePods=True)
        async with migrations.running(world), Client(access.Access(server="https://127.0.0.1:1"), name="remote") as nobody:
            await world.until_phase("cut-off", "StageBackupCreated")
            reached, world.clusters.remote = world.clusters.remote, nobody
            await host.patch(resources.MIG_CLUSTERS, "remote", {"metadata": {"annotations": {"a": "b"}}}, namespace=world.namespace)
            await told(world, "cut-off", "ClusterUnreachable", "remote")
            world.clusters.remote = reached
            world.engine.holds.clear()
            await world.end_all(remote, resources.BACKUPS, "stage")
            await goes_on(world, "cut-off")


async def test_another_controller_goes_on_counting(host: Client, remote: Client) -> None:
    """What the first one has written says since when nothing has moved: the second one tells at its first look."""
    async with stage(host, remote) as world:
        await world.declare(volumes=[])
        world.engine.holds.add("initial")
        await world.migrate("waits")
        world.settings = Live({"STALLED_SECONDS": "3600"})
        async with migrations.running(world):
            before = await world.until(host, resources.MIG_MIGRATIONS, "waits", lambda item: _moved(item) != "")
        world.settings = Live({"STALLED_SECONDS": "1"})
        async with migrations.running(world):
            await told(world, "waits", "EngineNotRunning")
            after = await host.get(resources.MIG_MIGRATIONS, "waits", namespace=world.namespace)
    assert STALLED not in planes.found(before)
    assert _moved(after) == _moved(before)


def _moved(item: Object) -> str:
    """When the initial Backup was last seen to move."""
    times = [entry for step in item.get("status", {}).get("pipeline", []) for entry in step.get("phases", [])]
    return next((str(entry.get("moved") or "") for entry in times if entry["name"] == "InitialBackupCreated"), "")
