"""A node that gives logs, for control planes without nodes: the API server asks it as it asks a kubelet.

async with kubelet.node(cluster, folder, logs) as name:     # logs: by (namespace, pod, container, is_previous)
    await kubelet.run_pod(cluster, name, "shop", "web")
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from kit import planes
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.lab import pki

Logs = Mapping[tuple[str, str, str, bool], list[str]]


@asynccontextmanager
async def node(cluster: Client, logs: Logs, *, name: str = "worker") -> AsyncIterator[str]:
    """A node of that name until the block ends. Lines begin with their time, as kubelets write them."""

    async def answer(request: web.Request) -> web.Response:
        parts = request.match_info
        key = (parts["namespace"], parts["pod"], parts["container"], request.query.get("previous") == "true")
        if key not in logs:
            return web.Response(status=404, text="no such log")
        return web.Response(text="".join(f"{line}\n" for line in logs[key]))

    authority = await pki.create(
        planes.authority(cluster), [pki.Request("kubelet", "system:node:worker", ("system:nodes",), ("IP:127.0.0.1",))]
    )
    pair = authority.pair("kubelet")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    app = web.Application()
    app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        await _declare(cluster, name, runner.addresses[0][1])
        yield name
    finally:
        await cluster.delete(resources.NODES, name)
        await runner.cleanup()


@asynccontextmanager
async def silent_node(cluster: Client, *, name: str) -> AsyncIterator[str]:
    """A node whose kubelet takes connections and does not say a word, until the block ends: what asks it waits so long."""
    opened: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: opened.append(writer), "127.0.0.1", 0)
    try:
        await _declare(cluster, name, server.sockets[0].getsockname()[1])
        yield name
    finally:
        server.close()
        for writer in opened:
            writer.close()
        await cluster.delete(resources.NODES, name)


async def _declare(cluster: Client, name: str, port: int) -> None:
    await cluster.create(resources.NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
    status = {
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
    }
    await cluster.patch(resources.NODES, name, {"status": status}, subresource="status", how="strategic")


async def run_pod(cluster: Client, node_name: str, namespace: str, name: str, *, restarts: int = 0, **content: Any) -> Object:
    """A pod with one container `main` that runs on the node; `spec` and `metadata` of `content` go into it."""
    container = {"name": "main", "image": "registry.example/app:1", **content.pop("container", {})}
    meta = {"name": name, "namespace": namespace, **content.pop("metadata", {})}
    spec = {"nodeName": node_name, "containers": [container], "automountServiceAccountToken": False, **content.pop("spec", {})}
    made = await cluster.create(resources.PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
    state = {"running": {"startedAt": "2026-01-01T10:00:00Z"}}
    entry = {"name": "main", "image": container["image"], "imageID": "", "ready": True, "restartCount": restarts, "state": state}
    status = {"phase": "Running", "containerStatuses": [entry], **content.pop("status", {})}
    await cluster.patch(resources.PODS, name, {"status": status}, namespace=namespace, subresource="status")
    return made
