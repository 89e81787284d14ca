"""How long the verbs that show and explain take on a large migration, and what a live view costs the API servers.

The migration has 10 namespaces with 200 pods and 10 claims each, on two control planes on loopback without kubelets: what is
measured is the reading, and every object is one that the API servers hold. It stands where its volumes are copied: the target has
the namespaces and the claims. One volume could not be copied, so that `mtc explain` has something to find. A view of a run that
goes on may hold open one watch for each kind, and no more.
"""

import asyncio
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench import common
from kit import planes
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object

NAMESPACE = "openshift-migration"
_SPACES = [f"big-{number}" for number in range(10)]
_PODS, _PODS_OF_ONE, _CLAIMS = 200, 10, 10
_PLAN, _FAILED, _RUNNING = "big", "big-failed", "big-running"
_MOST_S = 3.0
#: Nobody waits longer for a figure that is missed.
_LONGEST_S = 120.0
#: The view is up, and has opened what it wants to watch.
_SETTLED_S = 3.0
_MOVED = "2026-01-01T10:00:00Z"
_MTC = Path(sys.executable).with_name("mtc")


async def _make(cluster: Client, kind: resources.ResourceType, name: str, *, namespace: str = NAMESPACE, **content: Any) -> Object:
    """An object with its status."""
    status, labels = content.pop("status", None), content.pop("labels", {})
    meta = {"name": name, "labels": labels} | ({"namespace": namespace} if kind.namespaced else {})
    made = await cluster.create(kind, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, **content})
    if status:
        has_own = kind.group in {"", "apps"}
        await cluster.patch(kind, name, {"status": status}, namespace=namespace, **({"subresource": "status"} if has_own else {}))
    return made


async def _workload(cluster: Client, space: str, number: int) -> None:
    """A Deployment with its ReplicaSet, Service, ConfigMap, Secret and pods."""
    name, labels = f"web-{number}", {"app": f"web-{number}"}
    container = {"name": "web", "image": "registry.example/web:1", "env": [{"name": f"SETTING_{n}", "value": "x" * 40} for n in range(20)]}
    spec = {"containers": [container], "nodeName": "node-1", "serviceAccountName": "default"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    owning = {"replicas": _PODS_OF_ONE, "selector": {"matchLabels": labels}, "template": template}
    await _make(cluster, resources.DEPLOYMENTS, name, namespace=space, spec={**owning, "paused": True})
    await _make(cluster, resources.SERVICES, name, namespace=space, spec={"selector": labels, "ports": [{"port": 80}]})
    await _make(cluster, resources.CONFIG_MAPS, name, namespace=space, data={"settings": "x" * 2000})
    await _make(cluster, resources.SECRETS, name, namespace=space, stringData={"password": f"hidden-{space}-{number}-value"})
    for pod in range(_PODS_OF_ONE):
        full = f"{name}-{pod}"
        running = {"phase": "Running", "containerStatuses": [_running("web")]}
        await _make(cluster, resources.PODS, full, namespace=space, labels=labels, spec=spec, status=running)
        about = {"kind": "Pod", "namespace": space, "name": full, "apiVersion": "v1"}
        event = {"involvedObject": about, "reason": "Scheduled", "message": f"Assigned {space}/{full} to node-1", "type": "Normal"}
        await _make(cluster, resources.EVENTS, f"{full}.1", namespace=space, **event, firstTimestamp=_MOVED, lastTimestamp=_MOVED)


def _running(container: str) -> Object:
    state = {"running": {"startedAt": _MOVED}}
    return {"name": container, "image": "i", "imageID": "i", "ready": True, "restartCount": 0, "state": state}


async def _volume(cluster: Client, space: str, number: int) -> None:
    name = f"data-{number}"
    size, modes = {"storage": "1Gi"}, ["ReadWriteOnce"]
    pv = {"capacity": size, "accessModes": modes, "claimRef": {"namespace": space, "name": name}}
    pv |= {"csi": {"driver": "bench.example.com", "volumeHandle": f"{space}-{name}"}}
    await _make(cluster, resources.PERSISTENT_VOLUMES, f"{space}-{name}", spec=pv)
    spec = {"accessModes": modes, "resources": {"requests": size}, "volumeName": f"{space}-{name}", "storageClassName": ""}
    await _make(cluster, resources.PERSISTENT_VOLUME_CLAIMS, name, namespace=space, spec=spec, status={"phase": "Bound"})


async def _application(cluster: Client, *, is_target: bool) -> None:
    await common.at_once(planes.make_namespace(cluster, space) for space in _SPACES)
    if not is_target:
        await common.at_once(_workload(cluster, space, number) for space in _SPACES for number in range(_PODS // _PODS_OF_ONE))
    await common.at_once(_volume(cluster, space, number) for space in _SPACES for number in range(_CLAIMS))


async def _chain(world: planes.World, run: str, *, phase: str, conditions: list[Object], copied: str) -> None:
    """A run with its Backups, Restores and the copies of all volumes, the last of which has ended as given."""
    status = {"phase": phase, "itinerary": "Final", "startTimestamp": _MOVED, "conditions": conditions}
    spec = {"migPlanRef": world.reference(_PLAN), "stage": False, "quiescePods": True}
    made = await _make(world.host, resources.MIG_MIGRATIONS, run, spec=spec, status=status)
    labels = {names.MIGRATED_BY_MIGMIGRATION: made["metadata"]["uid"]}
    for part in ("initial", "stage"):
        name = f"{run}-{part}-bcdfg"
        ended = {"phase": "PartiallyFailed" if copied == "Failed" and part == "stage" else "Completed"}
        await _make(world.remote, resources.BACKUPS, name, labels=labels, spec={"includedNamespaces": _SPACES}, status=ended)
        await _make(world.host, resources.RESTORES, name, labels=labels, spec={"backupName": name}, status={"phase": "Completed"})
    last = (_SPACES[-1], _CLAIMS - 1)
    copies = [(space, number) for space in _SPACES for number in range(_CLAIMS)]
    await common.at_once(_copy(world, run, *copy, phase=copied if copy == last else "Completed") for copy in copies)


async def _copy(world: planes.World, run: str, space: str, number: int, *, phase: str) -> None:
    backup, name, progress = f"{run}-stage-bcdfg", f"{run}-stage-bcdfg-{space}-{number}", {"totalBytes": 1 << 30, "bytesDone": 1 << 29}
    pod = {"kind": "Pod", "name": f"web-{number}-0", "namespace": space}
    message = {"message": "restic: write /repo/data: no space left on device"} if phase == "Failed" else {}
    status = {"phase": phase, "progress": progress, "startTimestamp": _MOVED, **message}
    common_spec = {"pod": pod, "volume": "data", "backupStorageLocation": "b", "repoIdentifier": "r"}
    backed = {**common_spec, "node": "node-1", "tags": {"pvc": f"data-{number}"}}
    await _make(world.remote, resources.POD_VOLUME_BACKUPS, name, labels={names.BACKUP_NAME: backup}, spec=backed, status=status)
    if phase == "Completed":
        filled = {**common_spec, "snapshotID": "s", "sourceNamespace": space}
        await _make(world.host, resources.POD_VOLUME_RESTORES, name, labels={names.RESTORE_NAME: backup}, spec=filled, status=status)


async def _prepare(world: planes.World) -> None:
    await world.declare_clusters()
    await world.declare_plan(_PLAN, _SPACES)
    for cluster in (world.host, world.remote):
        # Pods on a node that does not exist would be taken away.
        await cluster.create(resources.NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}})
    await asyncio.gather(_application(world.host, is_target=True), _application(world.remote, is_target=False))
    failed = {"type": "Failed", "status": "True", "category": "Advisory", "durable": True, "message": "The migration has failed."}
    await _chain(world, _FAILED, phase="Completed", conditions=[failed], copied="Failed")
    running = {"type": "Running", "status": "True", "category": "Advisory", "message": "Step 20 of 43.", "reason": "StageBackupCreated"}
    await _chain(world, _RUNNING, phase="StageBackupCreated", conditions=[running], copied="InProgress")
    await common.quiet(world.host, world.remote)


async def _measure(world: planes.World, kubeconfig: Path, folder: Path) -> list[common.Figure]:
    commands = [
        ("get all", ["get"]),
        ("get pvb -o json", ["get", "pvb", "-o", "json"]),
        ("describe", ["describe", "migration", _FAILED]),
        ("tree of the plan", ["tree", _PLAN]),
        ("tree of a run", ["tree", _FAILED]),
        ("status --once", ["status", _RUNNING, "--once"]),
        ("logs", ["logs", _FAILED]),
        ("explain of a run", ["explain", _FAILED]),
        ("explain of the plan", ["explain", _PLAN]),
        ("must-gather", ["must-gather", "--output", str(folder / "gathered")]),
    ]
    found = [await _timed(name, [*words, "--kubeconfig", str(kubeconfig)]) for name, words in commands]
    return [*found, await _watches(world, kubeconfig)]


async def _timed(name: str, words: list[str]) -> common.Figure:
    """How long a command takes."""
    pipe, used = asyncio.subprocess.PIPE, _children_s()
    started = time.monotonic()
    running = await asyncio.create_subprocess_exec(str(_MTC), *words, stdout=pipe, stderr=pipe)
    async with asyncio.timeout(_LONGEST_S):
        out, err = await running.communicate()
    lasted = time.monotonic() - started
    if running.returncode not in {0, 1}:
        msg = f"mtc {name} ended with {running.returncode}: {err.decode()}"
        raise RuntimeError(msg)
    lines = out.count(b"\n")
    detail = f"{lines} lines, {_children_s() - used:.2f} s of processor time"
    return common.Figure(f"mtc {name}, seconds", lasted, f"< {_MOST_S:.0f}", lasted < _MOST_S, detail)


def _children_s() -> float:
    """Processor time of the programs that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def _watches(world: planes.World, kubeconfig: Path) -> common.Figure:
    """How many watches of one kind a live view holds open at most."""
    before = await _open_watches(world)
    null = asyncio.subprocess.DEVNULL
    view = await asyncio.create_subprocess_exec(str(_MTC), "status", _RUNNING, "--kubeconfig", str(kubeconfig), stdout=null)
    try:
        await asyncio.sleep(_SETTLED_S)
        opened = await _open_watches(world) - before
    finally:
        view.terminate()
        await view.wait()
    most = max(opened.values(), default=0)
    return common.Figure("mtc status, watches of one kind", most, "1", most == 1, ", ".join(f"{kind[1]}" for kind in sorted(opened)))


async def _open_watches(world: planes.World) -> Counter[tuple[str, str]]:
    """The watches that are open, by cluster and resource."""
    found: Counter[tuple[str, str]] = Counter()
    for cluster in (world.host, world.remote):
        text = (await cluster.transport.request("GET", "/metrics", headers={"Accept": "text/plain"})).decode()
        for line in text.splitlines():
            if line.startswith("apiserver_longrunning_requests{") and 'verb="WATCH"' in line:
                labels, _, value = line.rpartition(" ")
                found[cluster.name, dict(re.findall(r'(\w+)="([^"]*)"', labels))["resource"]] += int(float(value))
    return found


async def figures() -> list[common.Figure]:
    """All of them."""
    with tempfile.TemporaryDirectory(prefix="mtc-bench-") as folder:
        place = Path(folder)
        async with planes.cluster(place / "host", "host") as host, planes.cluster(place / "remote", "remote") as remote:
            world = planes.World(host, remote, NAMESPACE)
            for cluster in (host, remote):
                await planes.make_namespace(cluster, NAMESPACE)
            await _prepare(world)
            return await _measure(world, place / "host" / "admin.kubeconfig", place)
