"""Twenty cut-overs at once against twenty one after the other, in two real clusters with pods and volumes.

Every plan has one namespace with a Deployment, a volume with some MiB and a few objects. The ratio says what running side by
side is worth on this machine: where the work is processor time it cannot be more than there are cores. Needs the lab: with
MTC_TEST_LAB a running one is used as it is, otherwise one is started and taken down.

MTC_BENCH_CUTOVERS changes the number for a shorter run.
"""

import asyncio
import os
import re
import time
from collections.abc import Sequence

from bench import common
from kit import labs
from mtc.kube import resources
from mtc.kube.client import Object

_COUNT = int(os.environ.get("MTC_BENCH_CUTOVERS", "20"))
_VOLUME_MIB = 4
_MOST_MIB = 200
_OVER_S = 1800.0


def _application(lab: labs.Lab, space: str) -> list[Object]:
    """A namespace with a small application."""
    fill = f"test -s /data/full || dd if=/dev/urandom of=/data/full bs=1M count={_VOLUME_MIB}; touch /data/ready; exec sleep infinity"
    container = {
        "name": "app",
        "image": lab.image,
        "command": ["sh", "-c", fill],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "readinessProbe": {"exec": {"command": ["test", "-e", "/data/ready"]}, "periodSeconds": 1},
    }
    pod = {
        "containers": [container],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        "terminationGracePeriodSeconds": 0,
    }
    claim = {"accessModes": ["ReadWriteOnce"], "storageClassName": "lab-local", "resources": {"requests": {"storage": "64Mi"}}}
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": pod}
    meta = {"namespace": space}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {**meta, "name": "data"}, "spec": claim},
        *({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**meta, "name": f"c-{n}"}, "data": {"n": str(n)}} for n in range(5)),
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {**meta, "name": "web"},
            "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
        },
    ]


async def _prepare(lab: labs.Lab, spaces: Sequence[str]) -> None:
    """The applications run, and their plans are ready."""
    await lab.apply(lab.source, *(part for space in spaces for part in _application(lab, space)))
    for space in spaces:
        await lab.until_running(lab.source, space, timeout_s=600)
    for space in spaces:
        await lab.plan(space, [space], volumes=1)


async def _cut_over(lab: labs.Lab, space: str) -> None:
    await lab.start(space, f"{space}-final")
    over = await lab.over(f"{space}-final", timeout_s=_OVER_S)
    if not labs.succeeded(over):
        msg = f"{space}: {over['status'].get('errors') or over['status']['conditions']}"
        raise RuntimeError(msg)


async def _forget(lab: labs.Lab, spaces: Sequence[str]) -> None:
    """Nothing of it runs any more, so that what comes next is measured alone."""
    for cluster in (lab.source, lab.target):
        for space in spaces:
            await cluster.delete(resources.NAMESPACES, space)
    for space in spaces:
        await lab.target.delete(resources.MIG_PLANS, space, namespace=labs.TOOLKIT)


async def _controller_mib(lab: labs.Lab) -> float:
    """Peak resident memory of the controller since it was started."""
    look = "cat /proc/[0-9]*/status"
    told = await lab.kubectl(lab.target, "exec", "-n", labs.TOOLKIT, "deploy/migration-controller", "--", "sh", "-c", look)
    return max(int(found) for found in re.findall(r"VmHWM:\s+(\d+)", told)) / 1024


async def _measure(lab: labs.Lab) -> list[common.Figure]:
    alone, together = ([labs.unique("cut") for _ in range(_COUNT)] for _ in range(2))
    await _prepare(lab, alone)
    started = time.monotonic()
    for space in alone:
        await _cut_over(lab, space)
    one_by_one_s = time.monotonic() - started
    await _forget(lab, alone)
    await _prepare(lab, together)
    started = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for space in together:
            group.create_task(_cut_over(lab, space))
    at_once_s = time.monotonic() - started
    memory = await _controller_mib(lab)
    await _forget(lab, together)
    ratio = one_by_one_s / at_once_s
    detail = f"{one_by_one_s:.0f} s against {at_once_s:.0f} s, {os.cpu_count()} cores"
    return [
        common.Figure(f"{_COUNT} cut-overs, one by one / at once", ratio, "> 2", ratio > 2, detail),  # noqa: PLR2004 - the goal
        common.Figure(f"{_COUNT} cut-overs at once, controller's peak MiB", memory, "< 200", memory < _MOST_MIB, "resident memory"),
    ]


async def figures() -> list[common.Figure]:
    """All of them."""
    running = os.environ.get("MTC_TEST_LAB")
    async with labs.entered(running) if running else labs.opened("bench") as lab:
        return await _measure(lab)
