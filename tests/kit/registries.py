"""Real image registries on loopback with TLS and logins, and small images made by hand to put into them.

with registries.registry(folder) as source:
    source.allow("ignored", token)
    digest = source.push(registries.make(folder, "first"), "shop/web:1")
"""

import base64
import contextlib
import gzip
import hashlib
import io
import json
import os
import socket
import ssl
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_READY_S = 20.0
_NOT_FOUND = 404
_COUNTING_BYTES = 72
_OWN_USER, _OWN_PASSWORD = "tests", "tests-own-password"
_INDEX, _MANIFEST = "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json"
_CONFIG, _LAYER = "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass
class Registry:
    """A registry.

    Attributes:
        directory: where its files are.
        port: where it listens.
        process: the program, None while it does not run.
        users: who may do everything, with their passwords.
    """

    directory: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    users: dict[str, str] = field(default_factory=lambda: {_OWN_USER: _OWN_PASSWORD}, repr=False)

    @property
    def host(self) -> str:
        """Host and port, as references begin."""
        return f"127.0.0.1:{self.port}"

    def allow(self, user: str, password: str) -> None:
        """From now on the user gets in, with this password only; the registry reads the file again when it has changed."""
        self.users[user] = password
        self._write_users()

    def forbid(self, user: str) -> None:
        """From now on the user does not get in."""
        del self.users[user]
        self._write_users()

    def _write_users(self) -> None:
        lines = [f"{user}:{_hash(password)}\n" for user, password in self.users.items()]
        path = self.directory / "htpasswd"
        before = path.stat().st_mtime_ns if path.exists() else 0
        path.write_text("".join(lines))
        while path.stat().st_mtime_ns == before:
            path.touch()

    def push(self, layout: Path, name: str) -> str:
        """Puts an image, with all its architectures, under `repository:tag`; its digest."""
        words = ["skopeo", "--insecure-policy", "copy", "--all", "--quiet", "--dest-tls-verify=false"]
        words += [f"--dest-creds={_OWN_USER}:{_OWN_PASSWORD}", f"oci:{layout}", f"docker://{self.host}/{name}"]
        subprocess.run(words, check=True, capture_output=True)
        return digest_of(layout)

    def manifest(self, repository: str, reference: str) -> tuple[str, str] | None:
        """Digest and media type of what stands under a tag or digest, None where nothing does."""
        request = urllib.request.Request(f"https://{self.host}/v2/{repository}/manifests/{reference}", method="HEAD")
        for kind in (_INDEX, _MANIFEST):
            request.add_header("Accept", kind)
        try:
            with self._open(request) as answer:
                return answer.headers["Docker-Content-Digest"], answer.headers["Content-Type"]
        except urllib.error.HTTPError as error:
            if error.code == _NOT_FOUND:
                return None
            raise

    def _open(self, request: urllib.request.Request) -> "urllib.request._UrlopenRet":
        word = base64.b64encode(f"{_OWN_USER}:{_OWN_PASSWORD}".encode()).decode()
        request.add_header("Authorization", f"Basic {word}")
        context = ssl.create_default_context(cafile=str(self.directory / "tls.crt"))
        return urllib.request.urlopen(request, timeout=10, context=context)

    @contextlib.contextmanager
    def holding(self, digest: str) -> Iterator[None]:
        """Who asks for this manifest gets no answer until the end of the block; for everything else the registry answers."""
        word = digest.removeprefix("sha256:")
        path = self.directory / "data/docker/registry/v2/blobs/sha256" / word[:2] / word / "data"
        kept = path.with_name("kept")
        path.rename(kept)
        os.mkfifo(path)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                # Whoever reads it comes to its end.
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            kept.replace(path)

    def writes(self) -> list[str]:
        """The manifests that were written, by `repository reference`, in the order of the log."""
        lines = (self.directory / "registry.log").read_text(errors="replace").splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        found = []
        for entry in entries:
            uri = entry.get("http.request.uri", "")
            if entry.get("msg") == "response completed" and entry.get("http.request.method") == "PUT" and "/manifests/" in uri:
                repository, _, reference = uri.removeprefix("/v2/").partition("/manifests/")
                found.append(f"{repository} {reference}")
        return found

    def start(self) -> None:
        """Runs it, and waits until it answers."""
        log = (self.directory / "registry.log").open("ab")
        words = ["setpriv", "--pdeathsig", "KILL", "--", "docker-registry", "serve", str(self.directory / "config.yml")]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        end = time.monotonic() + _READY_S
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError), self._open(urllib.request.Request(f"https://{self.host}/v2/")):
                return
            time.sleep(0.05)
        msg = f"the registry was not ready in {_READY_S:g} s: {(self.directory / 'registry.log').read_text(errors='replace')[-2000:]}"
        raise RuntimeError(msg)

    def stop(self) -> None:
        """Ends it; what it has stays."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def registry(directory: Path) -> Iterator[Registry]:
    """A registry that runs until the end of the block."""
    directory.mkdir(parents=True, exist_ok=True)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        made = Registry(directory, found.getsockname()[1])
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
    words += ["-keyout", str(directory / "tls.key"), "-out", str(directory / "tls.crt"), "-subj", "/CN=registry"]
    subprocess.run([*words, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    made._write_users()
    config = {
        "version": 0.1,
        "log": {"level": "info", "formatter": "json", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(directory / "data")}, "delete": {"enabled": True}},
        "http": {"addr": made.host, "tls": {"certificate": str(directory / "tls.crt"), "key": str(directory / "tls.key")}},
        "auth": {"htpasswd": {"realm": "tests", "path": str(directory / "htpasswd")}},
    }
    (directory / "config.yml").write_text(json.dumps(config))
    made.start()
    try:
        yield made
    finally:
        made.stop()


def _hash(password: str) -> str:
    """As registries want it, of as many bytes as count: with tokens, these tell clusters apart. The C library knows how; Perl asks it."""
    words = ["perl", "-e", "my $word = <STDIN>; print crypt($word, q($2b$05$abcdefghijklmnopqrstuu))"]
    return subprocess.run(words, input=password[:_COUNTING_BYTES], capture_output=True, check=True, text=True).stdout


def make(directory: Path, content: str, *, architectures: Sequence[str] = ("amd64",)) -> Path:
    """An image with one file; for several architectures it is a list of images. The folder with it, in OCI's layout."""
    layout = directory / hashlib.sha256(f"{content} {architectures}".encode()).hexdigest()[:16]
    blobs = layout / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def put(data: bytes, kind: str, **more: object) -> dict[str, object]:
        name = hashlib.sha256(data).hexdigest()
        (blobs / name).write_bytes(data)
        return {"mediaType": kind, "digest": f"sha256:{name}", "size": len(data), **more}

    listed = []
    for architecture in architectures:
        tar = _tar(f"{content} for {architecture}")
        layer = put(gzip.compress(tar, mtime=0), _LAYER)
        platform = {"architecture": architecture, "os": "linux"}
        rootfs = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(tar).hexdigest()}"]}
        config = put(json.dumps({**platform, "config": {}, "rootfs": rootfs}).encode(), _CONFIG)
        body = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": [layer]}
        listed.append(put(json.dumps(body).encode(), _MANIFEST, platform=platform))
    whole = listed[0]
    if len(listed) > 1:
        whole = put(json.dumps({"schemaVersion": 2, "mediaType": _INDEX, "manifests": listed}).encode(), _INDEX)
    whole.pop("platform", None)
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [whole]}))
    return layout


def digest_of(layout: Path) -> str:
    """The digest of the image in a folder."""
    (entry,) = json.loads((layout / "index.json").read_text())["manifests"]
    return str(entry["digest"])


def _tar(text: str) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        entry = tarfile.TarInfo("content")
        entry.size = len(text.encode())
        tar.addfile(entry, io.BytesIO(text.encode()))
    return data.getvalue()
