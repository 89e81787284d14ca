"""An unchanged `velero` command line works against our engine."""

import asyncio
import tarfile
from pathlib import Path

from kit import engines, planes
from kit.s3 import S3Server
from mtc.kube.client import Client


async def test_backup_and_restore_by_velero(cluster: Client, s3: S3Server, velero: Path, plane: Path, tmp_path: Path) -> None:
    """create, get, describe, logs, download, restore and delete do what their names say."""
    kubeconfig = plane / "admin.kubeconfig"

    async with engines.station(cluster, s3) as engine:

        async def run(*arguments: str) -> str:
            words = ["--kubeconfig", str(kubeconfig), "-n", engine.namespace, *arguments]
            process = await asyncio.create_subprocess_exec(
                str(velero), *words, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
            )
            out, _ = await process.communicate()
            assert process.returncode == 0, out.decode()
            return out.decode()

        await engine.locate()
        app = f"{engine.namespace}-app"
        await planes.make_namespace(cluster, app)
        await engines.fill(cluster, app, 5)
        assert "Completed" in await run("backup", "create", "one", "--include-namespaces", app, "--wait")
        assert "Completed" in await run("backup", "get", "one")
        described = await run("backup", "describe", "one", "--details")
        assert f"- {app}/item-3" in described
        assert "Items backed up:" in described
        assert "objects collected" in await run("backup", "logs", "one")
        await run("backup", "download", "one", "-o", "one.tar.gz")
        with tarfile.open(tmp_path / "one.tar.gz") as archive:
            assert f"resources/configmaps/namespaces/{app}/item-3.json" in archive.getnames()
        restored = await run("restore", "create", "r", "--from-backup", "one", "--namespace-mappings", f"{app}:{app}-copy", "--wait")
        assert "Completed" in restored
        assert f"{app}-copy/item-3(created)" in await run("restore", "describe", "r", "--details")
        assert "restore ended" in await run("restore", "logs", "r")
        assert await engines.config_maps(cluster, f"{app}-copy") == await engines.config_maps(cluster, app)
        assert "mtc-v" in await run("version")
        await run("backup", "delete", "one", "--confirm")
        await engines.until_gone(cluster, engines.resources.BACKUPS, ["one"], namespace=engine.namespace)
