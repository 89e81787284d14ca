"""Real Velero's server restores what our engine wrote, and ours what it wrote, from one bucket."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kit import engines, planes
from kit.s3 import S3Server
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

_SYNC = "2s"
_WORKLOADS = (resources.CONFIG_MAPS, resources.SECRETS, resources.SERVICES, resources.DEPLOYMENTS, resources.STATEFUL_SETS)


@asynccontextmanager
async def server(velero: Path, plugins: Path, kubeconfig: Path, namespace: str, log: Path) -> AsyncIterator[None]:
    """Velero's own server for a namespace."""
    addresses = ["--metrics-address", "127.0.0.1:0", "--profiler-address", "127.0.0.1:0"]
    argv = ["server", "-n", namespace, "--plugin-dir", str(plugins), "--backup-sync-period", _SYNC, *addresses]
    home = log.parent / "home"
    home.mkdir()
    environment = {"PATH": os.environ["PATH"], "KUBECONFIG": str(kubeconfig), "HOME": str(home), "VELERO_SCRATCH_DIR": str(home)}
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(str(velero), *argv, cwd=home, env=environment, stdout=out, stderr=out)
        try:
            yield
        finally:
            process.terminate()
            await process.wait()


def deployment(name: str, namespace: str) -> Object:
    """A Deployment without pods."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": name, "image": "web:1"}]}}
    spec = {"selector": {"matchLabels": labels}, "template": template, "replicas": 0}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


async def application(cluster: Client, namespace: str) -> None:
    """Objects of several kinds, a few hundred of one."""
    await planes.make_namespace(cluster, namespace)
    await engines.fill(cluster, namespace, 300)
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    common = {"selector": {"matchLabels": labels}, "template": template, "replicas": 0}
    contents: list[tuple[ResourceType, dict[str, object]]] = [
        (resources.SECRETS, {"data": {"key": "c2VjcmV0"}}),
        (resources.SERVICES, {"spec": {"selector": labels, "ports": [{"port": 80}], "type": "NodePort"}}),
        (resources.DEPLOYMENTS, {"spec": common}),
        (resources.STATEFUL_SETS, {"spec": {**common, "serviceName": "web"}}),
    ]
    for kind, content in contents:
        body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "web", "namespace": namespace}, **content}
        await cluster.create(kind, body)


async def names(cluster: Client, namespace: str) -> dict[str, set[str]]:
    """Names of the objects of a namespace, by kind."""
    found = {kind.kind: await cluster.list_all(kind, namespace=namespace) for kind in _WORKLOADS}
    return {kind: {item["metadata"]["name"] for item in items} for kind, items in found.items()}


async def test_each_restores_what_the_other_wrote(
    cluster: Client, s3: S3Server, velero: Path, velero_plugins: Path, plane: Path, tmp_path: Path
) -> None:
    """Both find the other's backup by themselves, restore it without an error, and everything is there."""
    async with engines.station(cluster, s3) as ours:
        await ours.locate()
        app = f"{ours.namespace}-app"
        await application(cluster, app)
        assert engines.phase(await ours.backup("by-us", includedNamespaces=[app])) == "Completed"
        theirs = engines.Station(cluster, f"{ours.namespace}-velero", ours.location)
        await planes.make_namespace(cluster, theirs.namespace)
        await theirs.locate()
        # The server reads its own Deployment in the middle of a restore.
        await cluster.create(resources.DEPLOYMENTS, deployment("velero", theirs.namespace))
        kubeconfig = plane / "admin.kubeconfig"
        async with server(velero, velero_plugins, kubeconfig, theirs.namespace, tmp_path / "server.log"):
            # It looks for backups once a minute, and not before it has looked at the location.
            await theirs.until(resources.BACKUPS, "by-us", lambda item: engines.phase(item) == "Completed", timeout_s=180)
            found = await theirs.restore("of-ours", backupName="by-us", namespaceMapping={app: f"{app}-theirs"})
            assert engines.phase(found) == "Completed", found["status"]
            assert await engines.config_maps(cluster, f"{app}-theirs") == await engines.config_maps(cluster, app)
            assert await names(cluster, f"{app}-theirs") == await names(cluster, app)
            assert engines.phase(await theirs.backup("by-velero", includedNamespaces=[app])) == "Completed"
        await ours.until(resources.BACKUPS, "by-velero", lambda item: engines.phase(item) == "Completed", timeout_s=120)
        found = await ours.restore("of-theirs", backupName="by-velero", namespaceMapping={app: f"{app}-ours"})
        assert engines.phase(found) == "Completed", found["status"]
        assert await engines.config_maps(cluster, f"{app}-ours") == await engines.config_maps(cluster, app)
        assert await names(cluster, f"{app}-ours") == await names(cluster, app)
