"""A real S3 server on loopback: SeaweedFS, with buckets and users made to measure.

    with s3.s3_server(directory) as server:
        location = server.location("bucket-a", prefix="velero")      # makes the bucket
        location = server.location("absent", make=False)             # does not

It leaves no process behind, even when the test process is killed.
"""

import asyncio
import contextlib
import itertools
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from kit import leaks
from mtc import store

ACCESS_KEY = "test-access-key"
SECRET_KEY = leaks.remember("test-secret-key", "the secret key of S3")  # a fixed word for a server that only this machine can reach
READER_KEY = "test-reader-key"
REGION = "us-east-1"
_READY_S = 60.0
_STARTS = 3
_PORTS = ("master", "master-grpc", "volume", "volume-grpc", "filer", "filer-grpc", "s3", "s3-grpc")
_names = itertools.count(1)


@dataclass(frozen=True)
class S3Server:
    """A running server.

    Attributes:
        url: its address, for `s3Url`.
        directory: where it keeps its data.
    """

    url: str
    directory: Path

    def location(self, bucket: str = "", *, prefix: str = "velero", make: bool = True) -> store.Location:
        """A location of this server; without a name, of a bucket that nobody else uses."""
        name = bucket or f"bucket-{next(_names)}"
        found = store.Location(
            name=f"BackupStorageLocation test/{name}",
            provider="aws",
            bucket=name,
            prefix=prefix,
            config={"s3Url": self.url, "region": REGION, "s3ForcePathStyle": "true"},
            credential=credential(ACCESS_KEY, SECRET_KEY),
        )
        if make:
            make_bucket(found)
        return found

    def denied(self, location: store.Location) -> store.Location:
        """The location as somebody sees it who has another key."""
        return self.with_key(location, ACCESS_KEY, "wrong-secret-0815")

    def fetch(self, url: str) -> bytes:
        """What a signed URL leads to."""
        return bytes(urllib.request.urlopen(url, timeout=10).read())

    def with_key(self, location: store.Location, key: str, secret: str) -> store.Location:
        """The location as another user sees it."""
        return replace(location, credential=credential(key, secret))


def credential(key: str, secret: str) -> bytes:
    """The content of a cloud Secret."""
    return f"[default]\naws_access_key_id={key}\naws_secret_access_key={secret}\n".encode()


def make_bucket(location: store.Location) -> None:
    """Makes the bucket: this server does so for its administrator on the first write."""

    async def write_and_delete() -> None:
        opened = store.open_location(replace(location, prefix=""))
        await opened.put("made", b"")
        await opened.delete(["made"])

    # In a thread of its own, so that it can be called from a test that has an event loop.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(write_and_delete())).result()


@contextlib.contextmanager
def s3_server(directory: Path) -> Iterator[S3Server]:
    """A server that is ready; it ends with the block."""
    with contextlib.ExitStack() as stack:
        for left in reversed(range(_STARTS)):
            try:
                found = stack.enter_context(_started(directory))
            except RuntimeError as error:
                # Ports that were free when they were chosen may be somebody else's by now: other tests run beside this one.
                if not left or "address already in use" not in str(error):
                    raise
                shutil.rmtree(directory)
            else:
                break
        yield found


@contextlib.contextmanager
def _started(directory: Path) -> Iterator[S3Server]:
    program = str(Path(sys.executable).with_name("weed"))
    if not Path(program).exists():
        program = shutil.which("weed") or "weed"
    directory.mkdir(parents=True, exist_ok=True)
    ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
    (directory / "users.json").write_text(json.dumps(_users()))
    log = (directory / "weed.log").open("wb")
    argv = ["setpriv", "--pdeathsig", "KILL", "--", program, "-logtostderr=true", *_arguments(directory, ports)]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory)
    try:
        url = f"http://127.0.0.1:{ports['s3']}"
        _until_ready(url, process, directory / "weed.log")
        yield S3Server(url=url, directory=directory)
    finally:
        # Asked to end it takes longer than anybody waits, and what it would save is thrown away.
        process.kill()
        process.wait()
        log.close()


def _arguments(directory: Path, ports: dict[str, int]) -> list[str]:
    return [
        "server",
        f"-dir={directory}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-master.port={ports['master']}",
        f"-master.port.grpc={ports['master-grpc']}",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=256",
        f"-volume.port={ports['volume']}",
        f"-volume.port.grpc={ports['volume-grpc']}",
        # Each bucket takes seven volumes, empty as they are; by free disk space there would be room for a few dozen buckets.
        "-volume.max=10000",
        "-filer",
        f"-filer.port={ports['filer']}",
        f"-filer.port.grpc={ports['filer-grpc']}",
        f"-filer.localSocket={directory / 'filer.sock'}",
        "-s3",
        f"-s3.port={ports['s3']}",
        f"-s3.port.grpc={ports['s3-grpc']}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.config={directory / 'users.json'}",
        "-s3.iam=false",
    ]


def _users() -> dict[str, object]:
    def user(name: str, key: str, actions: list[str]) -> dict[str, object]:
        return {"name": name, "credentials": [{"accessKey": key, "secretKey": SECRET_KEY}], "actions": actions}

    return {
        "identities": [
            user("admin", ACCESS_KEY, ["Admin", "Read", "Write", "List", "Tagging"]),
            user("reader", READER_KEY, ["Read", "List"]),
        ]
    }


def _until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Returns when the server answers a list and can place an object; the filer is up before the first volume is."""
    probe = store.Location(
        name="probe", provider="aws", bucket="probe", config={"s3Url": url, "region": REGION}, credential=credential(ACCESS_KEY, SECRET_KEY)
    )
    end = time.monotonic() + _READY_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        if _answers(url):
            try:
                make_bucket(probe)
            except store.errors.StoreError:
                continue
            return
        time.sleep(0.1)
    said = log.read_text(errors="replace")
    why = "its ports: address already in use" if "address already in use" in said else f"the end of its log:\n{said[-2000:]}"
    msg = f"SeaweedFS was not ready in {_READY_S:g} s; {why}"
    raise RuntimeError(msg)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        found: list[int] = []
        for _ in range(count):
            listener = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            listener.bind(("127.0.0.1", 0))
            found.append(int(listener.getsockname()[1]))
    return found
