"""A real emulator of Azure Blob Storage on loopback: Azurite, with containers made to measure.

    with azurite.azure_server(directory) as server:
        location = server.location()                       # makes the container
        location = server.location("absent", make=False)   # does not

It keeps everything in memory and leaves no process behind, even when the test process is killed.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import itertools
import os
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from kit import leaks
from mtc import store
from mtc.lab import servers

ACCOUNT = "testaccount"
ACCESS_KEY = leaks.remember(base64.b64encode(b"test-key-of-the-storage-account").decode(), "the access key of Azure")
WRONG_KEY = base64.b64encode(b"a-key-that-no-account-has").decode()
_VERSION = "2021-12-02"
_READY_S = 60.0
_names = itertools.count(1)


@dataclass(frozen=True)
class Tls:
    """Files for https: certificate, its key, and the authority to trust."""

    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True)
class AzureServer:
    """A running server.

    Attributes:
        url: its address with the account, for `storageAccountURI`.
        authority: the certificates that its own is checked against, None where it speaks plain HTTP.
    """

    url: str
    authority: bytes | None = None

    def location(self, container: str = "", *, prefix: str = "velero", make: bool = True) -> store.Location:
        """A location of this server; without a name, of a container that nobody else uses."""
        name = container or f"azure-{next(_names)}"
        if make:
            self.make_container(name)
        return store.Location(
            name=f"BackupStorageLocation test/{name}",
            provider="azure",
            bucket=name,
            prefix=prefix,
            config={"storageAccount": ACCOUNT, "storageAccountURI": self.url, "resourceGroup": "group"},
            credential=credential(),
            ca=self.authority,
        )

    def denied(self, location: store.Location) -> store.Location:
        """The location as somebody sees it who has another key."""
        return replace(location, credential=credential(WRONG_KEY))

    def fetch(self, url: str) -> bytes:
        """What a signed URL leads to."""
        return bytes(urllib.request.urlopen(url, timeout=10, context=self._context()).read())

    def make_container(self, name: str) -> None:
        """Makes the container, in the words of Azure's own interface: nothing of ours makes containers."""
        date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        lines = ["PUT", *[""] * 11, f"x-ms-date:{date}", f"x-ms-version:{_VERSION}", f"/{ACCOUNT}/{ACCOUNT}/{name}", "restype:container"]
        digest = hmac.new(base64.b64decode(ACCESS_KEY), "\n".join(lines).encode(), hashlib.sha256).digest()
        proof = f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"
        headers = {"x-ms-date": date, "x-ms-version": _VERSION, "Authorization": proof}
        request = urllib.request.Request(f"{self.url}/{name}?restype=container", method="PUT", headers=headers)
        with urllib.request.urlopen(request, timeout=10, context=self._context()) as answer:
            assert answer.status == 201

    def _context(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cadata=self.authority.decode()) if self.authority else None


def credential(key: str = ACCESS_KEY) -> bytes:
    """The content of a cloud Secret."""
    return f"AZURE_STORAGE_ACCOUNT_ACCESS_KEY={key}\nAZURE_CLOUD_NAME=AzurePublicCloud\n".encode()


@contextlib.contextmanager
def azure_server(directory: Path, *, tls: Tls | None = None) -> Iterator[AzureServer]:
    """A server that is ready; with https it takes tokens, too. It ends with the block."""
    directory.mkdir(parents=True, exist_ok=True)
    # In a thread of its own, so that it can be called where an event loop runs.
    with ThreadPoolExecutor(1) as pool:
        main = pool.submit(lambda: asyncio.run(servers.azurite())).result()
    port = _free_port()
    options = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"]
    if tls:
        options += ["--cert", str(tls.certificate), "--key", str(tls.key), "--oauth", "basic"]
    log = directory / "azurite.log"
    argv = ["setpriv", "--pdeathsig", "KILL", "--", "node", str(main), *options]
    environment = {**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{ACCESS_KEY}"}
    with log.open("wb") as out:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=directory, env=environment)
    try:
        _until_ready(port, process, log)
        url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/{ACCOUNT}"
        yield AzureServer(url, tls.authority.read_bytes() if tls else None)
    finally:
        # Asked to end it waits for connections that clients keep; it has nothing to save.
        process.kill()
        process.wait()


def _until_ready(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _READY_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.1)
    msg = f"Azurite was not ready in {_READY_S:g} s; the end of its log:\n{log.read_text(errors='replace')[-2000:]}"
    raise RuntimeError(msg)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
