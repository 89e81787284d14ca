"""Direct copies of volumes on clusters without nodes: somebody plays the kubelets of the pods that receive and send.

Their part is played in the status of these pods, as real ones would write it; what a sender leaves behind is what `mtc send-volume`
leaves behind. Nothing of the copy itself is replaced.

    async with transfers.played(world, app) as play:
        play.ends["data"] = [transfers.failure("Unreachable", "...")]     # then it arrives
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from kit.planes import World
from mtc.api import base, names
from mtc.api.proof import FileDifference
from mtc.api.sending import Sent
from mtc.kube import errors, resources, watch
from mtc.kube.client import Client, Object
from mtc.migration.direct.volumes import pods
from mtc.migration.reconcile_cluster import utc_now

IMAGE = "registry.example/mtc:1"
DVM, PROGRESS = resources.DIRECT_VOLUME_MIGRATIONS, resources.DIRECT_VOLUME_PROGRESSES


def now() -> str:
    """The time as Kubernetes writes it."""
    return base.format_time(utc_now())


def arrived(*, files: int = 3, size: int = 4096, differing: str = "") -> Sent:
    """A sender that has copied everything, and found one file different where it is named."""
    first = [FileDifference(path=differing, what=["content differs"])] if differing else []
    return Sent(copied=True, files=files, total_bytes=size, sent_bytes=size, compared=True, differences=len(first), first=first)


def failure(reason: str, message: str) -> Sent:
    """A sender that has failed."""
    return Sent(reason=reason, message=message)


@dataclass
class Play:
    """How pods fare; tests change it.

    Attributes:
        ends: what the senders of a claim leave behind, one attempt after the other; then everything arrives.
        holds: claims whose sender goes on and on, and "receiver" for pods that receive and never run.
        pends: claims whose sender never starts.
        seen: the senders that were made, as they were read first, by claim.
        receivers: the pods that receive.
    """

    ends: dict[str, list[Sent]] = field(default_factory=dict)
    holds: set[str] = field(default_factory=set)
    pends: set[str] = field(default_factory=set)
    seen: dict[str, list[Object]] = field(default_factory=dict)
    receivers: list[Object] = field(default_factory=list)


@asynccontextmanager
async def played(world: World) -> AsyncIterator[Play]:
    """Somebody plays the nodes of both clusters until the block ends."""
    play = Play()
    clusters = {world.host, world.remote}
    tasks = [asyncio.create_task(_play(cluster, play)) for cluster in clusters]
    try:
        yield play
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _play(cluster: Client, play: Play) -> None:
    done: set[str] = set()
    async for event in watch.watch(cluster, resources.PODS, label_selector=f"{names.APP}={names.RSYNC_APP}"):
        if event.type not in {"ADDED", "MODIFIED"}:
            continue
        pod, meta = event.object, event.object["metadata"]
        if meta["uid"] in done or meta.get("deletionTimestamp"):
            continue
        is_server = meta["labels"][pods.ROLE] == pods.SERVER
        if is_server and "receiver" not in play.holds:
            play.receivers.append(pod)
            await _status(cluster, pod, _running(ready=True))
            done.add(meta["uid"])
        elif not is_server:
            await _send(cluster, pod, play, done)


async def _send(cluster: Client, pod: Object, play: Play, done: set[str]) -> None:
    claim = next(entry["persistentVolumeClaim"]["claimName"] for entry in pod["spec"]["volumes"] if "persistentVolumeClaim" in entry)
    uid = pod["metadata"]["uid"]
    if uid not in {entry["metadata"]["uid"] for entry in play.seen.get(claim, [])}:
        play.seen.setdefault(claim, []).append(pod)
    if claim in play.pends:
        return
    if claim in play.holds:
        await _status(cluster, pod, _running(ready=True))
        return
    waiting = play.ends.get(claim)
    sent = waiting.pop(0) if waiting else arrived()
    done.add(uid)
    await _status(cluster, pod, _ended(sent))


async def _status(cluster: Client, pod: Object, status: dict[str, Any]) -> None:
    if (pod.get("status") or {}).get("phase") == status["phase"]:
        return
    meta = pod["metadata"]
    try:
        await cluster.patch(resources.PODS, meta["name"], {"status": status}, namespace=meta["namespace"], subresource="status")
    except errors.NotFound:
        return


def _running(*, ready: bool) -> dict[str, Any]:
    state = {"running": {"startedAt": now()}}
    entry = {"name": "rsync", "image": IMAGE, "imageID": "", "ready": ready, "restartCount": 0, "state": state}
    return {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}], "containerStatuses": [entry]}


def _ended(sent: Sent) -> dict[str, Any]:
    ended = {"exitCode": 0 if sent.copied else 1, "startedAt": now(), "finishedAt": now(), "message": sent.to_json()}
    entry = {"name": "rsync", "image": IMAGE, "imageID": "", "ready": False, "restartCount": 0, "state": {"terminated": ended}}
    return {"phase": "Succeeded" if sent.copied else "Failed", "containerStatuses": [entry]}


async def give_image(world: World) -> None:
    """Both clusters say which image the pods have, and the target that it takes senders in under an address of its own."""
    for cluster in (world.host, world.remote):
        data = {"RSYNC_TRANSFER_IMAGE": IMAGE, "RSYNC_ENDPOINT_TYPE": "ClusterIP"}
        await world.make(resources.CONFIG_MAPS, names.CLUSTER_CONFIG_MAP, cluster=cluster, data=data)


def spec(world: World, space: str, *claims: str, target: str = "", **more: Any) -> dict[str, Any]:
    """What a DirectVolumeMigration of claims of a namespace says."""
    listed = [
        {
            "namespace": space,
            "name": name,
            "targetNamespace": target or space,
            "targetStorageClass": "fast",
            "targetAccessModes": ["ReadWriteOnce"],
        }
        for name in claims
    ]
    refs = {"srcMigClusterRef": world.reference("remote"), "destMigClusterRef": world.reference("host")}
    return {**refs, "persistentVolumeClaims": listed, "createDestinationNamespaces": True, **more}


def over(item: Object) -> bool:
    """Whether a copy has ended."""
    return bool((item.get("status") or {}).get("phase") == "Completed")
