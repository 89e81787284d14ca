"""The engine's figures, on one control plane on loopback and a local S3 server.

- restore: 5,000 ConfigMaps and Secrets by the engine, against a small Go program that posts the same bytes concurrently, in
  turns: on two processors that other machines share, one turn takes up to a third longer than the next;
- backup: 20,000 objects by the engine, against the same program paging through the list;
- memory: the engine's peak resident memory while it backs up and restores 5,000 and 50,000 objects.

Wall times are taken from outside: from the creation of the CR until its status says that it has ended.
"""

import asyncio
import base64
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import common
from kit import planes, s3
from mtc.kube import codec, resources, watch
from mtc.kube.client import Client

HERE = Path(__file__).parent
NAMESPACE = "openshift-migration"
FINISHED = frozenset({"Completed", "PartiallyFailed", "Failed", "FailedValidation"})
CONCURRENCY = 32
_TURNS = 4


def peer() -> Path:
    """The Go program, built anew when its source changed (a second)."""
    program = Path(tempfile.gettempdir()) / "mtc-bench-peer"
    subprocess.run(["go", "build", "-o", str(program), "."], cwd=HERE / "peer", check=True)
    return program


async def run_peer(*arguments: str) -> tuple[int, float]:
    process = await asyncio.create_subprocess_exec(str(peer()), *arguments, stdout=subprocess.PIPE)
    out, _ = await process.communicate()
    if process.returncode:
        sys.exit(f"the peer failed: {arguments[0]}")
    count, seconds = out.split()
    return int(count), float(seconds)


def body(number: int, *, seed: random.Random) -> dict[str, object]:
    """A ConfigMap or Secret of about 0.7 KB, like those of real applications."""
    text = base64.b64encode(seed.randbytes(300)).decode()
    meta = {"name": f"item-{number:05}", "labels": {"app": "bench", "part": str(number % 7)}}
    if number % 2:
        return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": {"value": text}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"value": text, "note": "x" * 100}}


async def post(cluster: Client, token: str, namespace: str, numbers: range) -> float:
    """Seconds that the peer needs to create objects."""
    seed = random.Random(7)
    total = 0.0
    with tempfile.TemporaryDirectory() as folder:
        files = {kind: (Path(folder) / kind).open("wb") for kind in ("configmaps", "secrets")}
        for number in numbers:
            item = body(number, seed=seed)
            files["secrets" if item["kind"] == "Secret" else "configmaps"].write(codec.dumps(item) + b"\n")
        for kind, file in files.items():
            file.close()
            path = f"/api/v1/namespaces/{namespace}/{kind}"
            total += (await run_peer("post", cluster.access.server, token, path, file.name, str(CONCURRENCY)))[1]
    return total


async def repost(cluster: Client, token: str, source: str, target: str) -> float:
    """Seconds that the peer needs to create the objects of a namespace, as they were restored there, in another one."""
    total = 0.0
    await planes.make_namespace(cluster, target)
    with tempfile.TemporaryDirectory() as folder:
        for kind in (resources.CONFIG_MAPS, resources.SECRETS):
            file = Path(folder) / kind.plural
            with file.open("wb") as lines:
                async for item in cluster.iterate(kind, namespace=source):
                    if item["metadata"]["name"] != "kube-root-ca.crt":
                        lines.write(codec.dumps(_unset(item, target)) + b"\n")
            path = kind.path(namespace=target)
            total += (await run_peer("post", cluster.access.server, token, path, str(file), str(CONCURRENCY)))[1]
    return total


def _unset(item: dict[str, Any], namespace: str) -> dict[str, Any]:
    """An object for another namespace, without what a server sets."""
    meta = {key: value for key, value in item["metadata"].items() if key not in {"uid", "resourceVersion", "creationTimestamp"}}
    return {**item, "metadata": meta | {"namespace": namespace}}


async def ended(cluster: Client, kind: resources.ResourceType, name: str, spec: dict[str, object]) -> float:
    """Seconds from making a Backup or Restore until it has ended well."""
    meta = {"name": name, "namespace": NAMESPACE}
    started = time.monotonic()
    await cluster.create(kind, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, "spec": spec})
    async for event in watch.watch(cluster, kind, namespace=NAMESPACE, field_selector=f"metadata.name={name}"):
        phase = ((event.object or {}).get("status") or {}).get("phase")
        if phase in FINISHED:
            if phase != "Completed":
                sys.exit(f"{kind.kind} {name} ended as {phase}: {event.object['status']}")
            return time.monotonic() - started
    raise AssertionError


async def locate(cluster: Client, server: s3.S3Server) -> None:
    location = server.location(prefix="velero")
    secret = {
        "metadata": {"name": "cloud", "namespace": NAMESPACE},
        "data": {"cloud": base64.b64encode(location.credential or b"").decode()},
    }
    await cluster.create(resources.SECRETS, secret)
    spec = {"provider": "aws", "default": True, "config": dict(location.config), "credential": {"name": "cloud", "key": "cloud"},
            "objectStorage": {"bucket": location.bucket, "prefix": location.prefix}}  # fmt: skip
    kind = resources.BACKUP_STORAGE_LOCATIONS
    meta = {"name": "default", "namespace": NAMESPACE}
    await cluster.create(kind, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, "spec": spec})


async def ready(cluster: Client) -> None:
    """Waits until the engine works."""
    async for event in watch.watch(cluster, resources.BACKUP_STORAGE_LOCATIONS, namespace=NAMESPACE):
        if ((event.object or {}).get("status") or {}).get("phase") == "Available":
            return


async def speed(cluster: Client, token: str, kubeconfig: Path) -> list[common.Figure]:
    async with common.process("engine", kubeconfig):
        await ready(cluster)
        await planes.make_namespace(cluster, "small")
        await post(cluster, token, "small", range(5000))
        await ended(cluster, resources.BACKUPS, "small", {"includedNamespaces": ["small"]})
        await ended(cluster, resources.RESTORES, "warm", {"backupName": "small", "namespaceMapping": {"small": "small-warm"}})
        # The first and the last count by halves, so that what becomes slower in the course of all this is slower for both.
        raws, restores = [await repost(cluster, token, "small-warm", "small-raw-0")], []
        for turn in range(1, _TURNS + 1):
            spec: dict[str, object] = {"backupName": "small", "namespaceMapping": {"small": f"small-copy-{turn}"}}
            restores.append(await ended(cluster, resources.RESTORES, f"small-{turn}", spec))
            raws.append(await repost(cluster, token, "small-warm", f"small-raw-{turn}"))
        raw_s, restore_s = (sum(raws) - (raws[0] + raws[-1]) / 2) / _TURNS, sum(restores) / _TURNS
        ratio = raw_s / restore_s
        found = [
            common.Figure(
                "restore of 5,000 objects / raw POSTs",
                ratio,
                ">= 0.8",
                ratio >= 0.8,
                f"{5000 / restore_s:,.0f}/s against {5000 / raw_s:,.0f}/s",
            )
        ]
        await planes.make_namespace(cluster, "large")
        await post(cluster, token, "large", range(20000))
        list_s = sum(
            [
                (await run_peer("list", cluster.access.server, token, f"/api/v1/namespaces/large/{kind}"))[1]
                for kind in ("configmaps", "secrets")
            ]
        )
        backup_s = await ended(cluster, resources.BACKUPS, "large", {"includedNamespaces": ["large"]})
        ratio = list_s / backup_s
        found.append(
            common.Figure(
                "backup of 20,000 objects / raw LIST",
                ratio,
                ">= 0.4",
                ratio >= 0.4,
                f"{20000 / backup_s:,.0f}/s against {20000 / list_s:,.0f}/s",
            )
        )
        return found


async def memory(cluster: Client, token: str, kubeconfig: Path) -> list[common.Figure]:
    peaks: dict[int, float] = {}
    await planes.make_namespace(cluster, "huge")
    await post(cluster, token, "huge", range(50000))
    for namespace, count in (("small", 5000), ("huge", 50000)):
        async with common.process("engine", kubeconfig) as pid:
            await ready(cluster)
            await ended(cluster, resources.BACKUPS, f"memory-{count}", {"includedNamespaces": [namespace]})
            spec: dict[str, object] = {"backupName": f"memory-{count}", "namespaceMapping": {namespace: f"memory-{count}"}}
            await ended(cluster, resources.RESTORES, f"memory-{count}", spec)
            peaks[count] = common.peak_mib(pid)
    growth = peaks[50000] / peaks[5000]
    detail = f"{peaks[5000]:.0f} MiB at 5,000, {peaks[50000]:.0f} MiB at 50,000"
    return [
        common.Figure("engine's memory at 50,000 / at 5,000 objects", growth, "<= 1.2", growth <= 1.2, detail),
        common.Figure("engine's memory at 50,000 objects, MiB", peaks[50000], "< 300", peaks[50000] < 300, detail),
    ]


async def figures() -> list[common.Figure]:
    """All of them."""
    with tempfile.TemporaryDirectory(prefix="mtc-bench-") as folder, s3.s3_server(Path(folder) / "s3") as server:
        plane = Path(folder) / "plane"
        async with planes.cluster(plane, "bench") as cluster:
            await planes.make_namespace(cluster, NAMESPACE)
            # The same for the engine and for its peer.
            token = await planes.token(cluster, NAMESPACE, "bench", may="cluster-admin")
            kubeconfig = common.with_token(Path(folder) / "token.kubeconfig", cluster.access.server, token)
            await locate(cluster, server)
            return [*await speed(cluster, token, kubeconfig), *await memory(cluster, token, kubeconfig)]
