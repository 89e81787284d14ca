"""The controller's figures, on two control planes on loopback with volumes, and with pods only where that is said.

- one plan with 500 volumes in 10 namespaces: seconds from its creation until it has been looked at whole, and until it is Ready; and its
  size in etcd. No pod mounts a volume here, so that no plan waits for the sizes of its volumes;
- ten plans with 50 volumes each, idle for two minutes: processor time, memory, and writes, of which there must be none;
- 1,000 plans: seconds from the start of the controller until all are Ready, requests that it made until then and a while after;
  and how many passes over plans one changed Secret causes, on which five of them depend. And the same on other clusters, where in
  each namespace a pod runs and mounts the volume: none is Ready before its MigAnalytic has ended.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bench import common
from kit import planes, s3
from mtc.api import conditions
from mtc.kube import codec, resources, watch
from mtc.kube.client import JSON, Client, Object

NAMESPACE = "openshift-migration"
_IDLE_S = 120
_MANY = 1000
# So many plans have a storage of their own, whose Secret is changed; the change may cost each so many passes.
_STORAGE = "second"
_DEPENDENT = 5
_MOST_PASSES = 3


async def _volume(cluster: Client, namespace: str, name: str) -> None:
    """A bound claim and its volume; binding is told at once, because the binder of a control plane takes minutes for thousands."""
    size, modes = {"storage": "1Gi"}, ["ReadWriteOnce"]
    pv = {"capacity": size, "accessModes": modes, "claimRef": {"namespace": namespace, "name": name}}
    pv |= {"csi": {"driver": "bench.example.com", "volumeHandle": f"{namespace}-{name}"}}
    await cluster.create(resources.PERSISTENT_VOLUMES, {"metadata": {"name": f"{namespace}-{name}"}, "spec": pv})
    claim = {"accessModes": modes, "resources": {"requests": size}, "volumeName": f"{namespace}-{name}", "storageClassName": ""}
    await cluster.create(resources.PERSISTENT_VOLUME_CLAIMS, {"metadata": {"name": name, "namespace": namespace}, "spec": claim})
    path = resources.PERSISTENT_VOLUME_CLAIMS.path(namespace=namespace, name=name, subresource="status")
    headers = {**JSON, "Content-Type": "application/merge-patch+json"}
    await cluster.transport.request("PATCH", path, body=codec.dumps({"status": {"phase": "Bound"}}), headers=headers)


async def _application(cluster: Client, namespace: str, volumes: int) -> None:
    await planes.make_namespace(cluster, namespace)
    await common.at_once(_volume(cluster, namespace, f"data-{number}") for number in range(volumes))


async def _running_pod(cluster: Client, namespace: str) -> None:
    """A pod that runs, as its status says, and mounts the first volume."""
    mounts = [{"name": "data", "mountPath": "/data"}]
    spec = {
        "nodeName": "worker",
        "automountServiceAccountToken": False,
        "containers": [{"name": "main", "image": "registry.example/app:1", "volumeMounts": mounts}],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-0"}}],
    }
    await cluster.create(resources.PODS, {"metadata": {"name": "app", "namespace": namespace}, "spec": spec})
    await cluster.patch(resources.PODS, "app", {"status": {"phase": "Running"}}, namespace=namespace, subresource="status")


async def _until_ready(
    world: planes.World, wanted: set[str], *, limit_s: float, shows: Callable[[Object], bool] = planes.is_ready
) -> float:
    """Seconds until the plans are Ready, or as they shall be."""
    started, there = time.monotonic(), set()
    async with asyncio.timeout(limit_s):
        async for event in watch.watch(world.host, resources.MIG_PLANS, namespace=NAMESPACE):
            if event.object and shows(event.object):
                there.add(event.object["metadata"]["name"])
            if wanted <= there:
                break
    return time.monotonic() - started


async def _versions(world: planes.World) -> dict[str, str]:
    kinds = (resources.MIG_CLUSTERS, resources.MIG_STORAGES, resources.MIG_PLANS)
    listed = [item for kind in kinds for item in await world.host.list_all(kind, namespace=NAMESPACE)]
    return {f"{item['kind']} {item['metadata']['name']}": item["metadata"]["resourceVersion"] for item in listed}


async def _large(world: planes.World, kubeconfig: Path) -> list[common.Figure]:
    names = [f"large-{number}" for number in range(10)]
    await common.at_once(_application(world.remote, name, 50) for name in names)
    async with common.process("controller", kubeconfig):
        await world.declare_plan("small", ["default"])
        await _until_ready(world, {"small"}, limit_s=60)
        await world.declare_plan("large", names)
        seconds = await _until_ready(world, {"large"}, limit_s=60, shows=planes.shows(conditions.STORAGE_ENSURED))
        until_ready = seconds + await _until_ready(world, {"large"}, limit_s=60)
        plan = await world.host.get(resources.MIG_PLANS, "large", namespace=NAMESPACE)
        size = len(codec.dumps(plan)) / 1e6
        count = len(plan["spec"]["persistentVolumes"])
        await world.host.delete(resources.MIG_PLANS, "large", namespace=NAMESPACE)
    detail = f"{count} volumes in 10 namespaces"
    return [
        common.Figure("plan with 500 volumes, seconds until looked at", seconds, "< 3", seconds < 3 and count == 500, detail),
        common.Figure("plan with 500 volumes, seconds until Ready", until_ready, "-", True, "no pod mounts them, so none is measured"),
        common.Figure("plan with 500 volumes, MB in etcd", size, "< 1.5", size < 1.5, detail),
    ]


async def _idle(world: planes.World, kubeconfig: Path) -> list[common.Figure]:
    names = {f"idle-{number}" for number in range(10)}
    for number in range(10):
        await world.declare_plan(f"idle-{number}", [f"large-{number}"])
    async with common.process("controller", kubeconfig) as pid:
        await _until_ready(world, names, limit_s=60)
        # Events of our own writes may still be on their way.
        await asyncio.sleep(10)
        before, used_s = await _versions(world), common.cpu_s(pid)
        await asyncio.sleep(_IDLE_S)
        percent = (common.cpu_s(pid) - used_s) / _IDLE_S * 100
        after = await _versions(world)
        written = sum(1 for name, version in after.items() if before.get(name) != version)
        memory = common.resident_mib(pid)
    detail = f"10 plans with 50 volumes each, {_IDLE_S} s"
    return [
        common.Figure("idle controller, percent of a core", percent, "< 2", percent < 2, detail),
        common.Figure("idle controller, MiB", memory, "< 150", memory < 150, detail),
        common.Figure("idle controller, objects written", written, "0", written == 0, detail),
    ]


async def _many(world: planes.World, kubeconfig: Path) -> list[common.Figure]:
    names = [f"many-{number}" for number in range(_MANY)]
    await common.at_once(_application(world.remote, name, 1) for name in names)
    await common.at_once(world.declare_plan(name, [name]) for name in names[:-_DEPENDENT])
    await common.at_once(world.declare_plan(name, [name], storage=_STORAGE) for name in names[-_DEPENDENT:])
    await common.quiet(world.host, world.remote)
    before = await common.all_requests(world.host, world.remote)
    async with common.process("controller", kubeconfig) as pid:
        seconds = await _until_ready(world, set(names), limit_s=300)
        memory = common.peak_mib(pid)
        await common.quiet(world.host, world.remote)
        made = (await common.all_requests(world.host, world.remote) - before) / _MANY
        passes = await _passes_after_a_changed_secret(world)
    few = _DEPENDENT <= passes <= _MOST_PASSES * _DEPENDENT
    limit = f"{_DEPENDENT} to {_MOST_PASSES * _DEPENDENT}"
    return [
        common.Figure("1,000 plans, seconds from start until Ready", seconds, "< 60", seconds < 60, f"{memory:.0f} MiB at most"),
        common.Figure("1,000 plans, requests for each", made, "< 40", made < 40, "to both clusters, Events and MigAnalytics included"),
        common.Figure("1,000 plans, passes after a changed Secret", passes, limit, few, f"{_DEPENDENT} plans depend on it"),
    ]


async def _many_with_pods(world: planes.World, kubeconfig: Path) -> list[common.Figure]:
    names = [f"running-{number}" for number in range(_MANY)]
    await world.remote.create(resources.NODES, {"metadata": {"name": "worker"}})
    await common.at_once(_application(world.remote, name, 1) for name in names)
    await common.at_once(_running_pod(world.remote, name) for name in names)
    await common.at_once(world.declare_plan(name, [name]) for name in names)
    await common.quiet(world.host, world.remote)
    async with common.process("controller", kubeconfig):
        seconds = await _until_ready(world, set(names), limit_s=300)
    detail = "none is Ready before its MigAnalytic has ended; no node agent is there that could measure"
    return [common.Figure("1,000 plans with running pods, seconds until Ready", seconds, "< 60", seconds < 60, detail)]


async def _passes_after_a_changed_secret(world: planes.World) -> int:
    """How many passes over plans the Secret of a storage causes by its change."""
    before = await _passes(world)
    await world.host.patch(resources.SECRETS, f"{_STORAGE}-creds", {"stringData": {"note": "changed"}}, namespace=NAMESPACE)
    await common.quiet(world.host, world.remote)
    return await _passes(world) - before


async def _passes(world: planes.World) -> int:
    """How many passes over plans there have been: each reads its plan once, and nobody else reads single plans."""
    return (await common.requests(world.host))["GET", resources.MIG_PLANS.plural]


@asynccontextmanager
async def _installation(place: Path, server: s3.S3Server) -> AsyncIterator[tuple[planes.World, Path]]:
    """Two new clusters with two storages, and the kubeconfig of a controller."""
    async with planes.cluster(place / "host", "host") as host, planes.cluster(place / "remote", "remote") as remote:
        world = planes.World(host, remote, NAMESPACE)
        for cluster in (host, remote):
            await planes.make_namespace(cluster, NAMESPACE)
        await world.declare_clusters()
        await world.declare_storage(server)
        await world.declare_storage(server, name=_STORAGE)
        token = await planes.token(host, NAMESPACE, "controller", may="cluster-admin")
        yield world, common.with_token(place / "controller.kubeconfig", host.access.server, token)


async def figures() -> list[common.Figure]:
    """All of them; those with pods on clusters of their own."""
    found: list[common.Figure] = []
    with tempfile.TemporaryDirectory(prefix="mtc-bench-") as folder, common.little_garbage(), s3.s3_server(Path(folder) / "s3") as server:
        for number, parts in enumerate(((_large, _idle, _many), (_many_with_pods,))):
            async with _installation(Path(folder) / str(number), server) as (world, kubeconfig):
                for part in parts:
                    found += await part(world, kubeconfig)
    return found
