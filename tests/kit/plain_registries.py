"""Real image registries on loopback, and small images for them.

    with registries.registry(directory) as found:
        digest = registries.push(found.host, "shop/web", tag="1", text="first")
        assert registries.digest_of(found.host, "shop/web", "1") == digest

None leaves a process behind, even when the test process is killed.
"""

import base64
import contextlib
import gzip
import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_READY_S = 30.0


@dataclass(frozen=True)
class Registry:
    """A running registry.

    Attributes:
        host: its address, as references begin with it.
        log: what it says.
    """

    host: str
    log: Path


@contextlib.contextmanager
def registry(
    directory: Path, *, env: Mapping[str, str] | None = None, login: tuple[str, str] | None = None, port: int = 0
) -> Iterator[Registry]:
    """A registry that is ready; it ends with the block.

    Args:
        directory: for its data, unless `env` says another place.
        env: settings as variables, the way its image takes them.
        login: the only user and password that it lets in.
        port: where it listens; any free one without.
    """
    directory.mkdir(parents=True, exist_ok=True)
    host = f"127.0.0.1:{port or _free_port()}"
    config: dict[str, object] = {
        "version": "0.1",
        "log": {"accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(directory / "data")}},
        "http": {"addr": host},
    }
    if login:
        (directory / "users").write_text(f"{login[0]}:{_hashed(login[1])}\n")
        config["auth"] = {"htpasswd": {"realm": "test", "path": str(directory / "users")}}
    (directory / "config.yml").write_text(json.dumps(config))
    program = shutil.which("docker-registry") or "docker-registry"
    argv = ["setpriv", "--pdeathsig", "KILL", "--", program, "serve", str(directory / "config.yml")]
    # A container has nothing of this machine's either: proxies, authorities, accounts.
    whole = {"PATH": os.environ.get("PATH", ""), **(env or {})}
    with (directory / "registry.log").open("wb") as log:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=whole)
        try:
            found = Registry(host, directory / "registry.log")
            _until_ready(found, process)
            yield found
        finally:
            process.kill()
            process.wait()


def _hashed(password: str) -> str:
    """The password as such registries know it."""
    with contextlib.suppress(ImportError):
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import crypt

            return crypt.crypt(password, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)).replace("$2b$", "$2y$", 1)
    msg = "this Python cannot make bcrypt hashes"
    raise RuntimeError(msg)


def _until_ready(found: Registry, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + _READY_S
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://{found.host}/v2/", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.02)
        else:
            return
    msg = f"the registry was not ready in {_READY_S:g} s; the end of its log:\n{found.log.read_text(errors='replace')[-2000:]}"
    raise RuntimeError(msg)


def push(host: str, repository: str, *, tag: str = "", text: str, login: tuple[str, str] | None = None) -> str:
    """Puts an image with one file of that text into a registry; its digest."""
    layer_tar = io.BytesIO()
    with tarfile.open(fileobj=layer_tar, mode="w") as archive:
        entry = tarfile.TarInfo("text")
        entry.size = len(text.encode())
        archive.addfile(entry, io.BytesIO(text.encode()))
    layer = gzip.compress(layer_tar.getvalue(), mtime=0)
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer_tar.getvalue())]},
            "history": [{"created_by": "test"}],
        }
    ).encode()
    for blob in (layer, config):
        _upload(host, repository, blob, login)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": _CONFIG, "size": len(config), "digest": _digest(config)},
        "layers": [{"mediaType": _LAYER, "size": len(layer), "digest": _digest(layer)}],
    }
    return put_manifest(host, repository, manifest, tag=tag, login=login)


def push_list(host: str, repository: str, *, tag: str, texts: Mapping[str, str]) -> str:
    """Puts an image for several architectures into a registry, one text for each; the digest of its list."""
    entries = []
    for architecture, text in texts.items():
        digest = push(host, repository, text=text)
        size = len(_get(host, f"{repository}/manifests/{digest}", MANIFEST)[0])
        entries.append({"mediaType": MANIFEST, "size": size, "digest": digest, "platform": {"architecture": architecture, "os": "linux"}})
    return put_manifest(host, repository, {"schemaVersion": 2, "mediaType": LIST, "manifests": entries}, tag=tag)


def put_manifest(host: str, repository: str, manifest: Mapping[str, object], *, tag: str = "", login: tuple[str, str] | None = None) -> str:
    """Puts a manifest whose parts are there; its digest."""
    body = json.dumps(manifest).encode()
    url = f"http://{host}/v2/{repository}/manifests/{tag or _digest(body)}"
    headers = {"Content-Type": str(manifest["mediaType"]), **_authorization(login)}
    urllib.request.urlopen(urllib.request.Request(url, data=body, method="PUT", headers=headers), timeout=10).close()
    return _digest(body)


def digest_of(host: str, repository: str, reference: str, *, login: tuple[str, str] | None = None) -> str:
    """The digest of a tag, or of an image by its digest; "" where the registry has no such image, or not all of its parts."""
    try:
        body, headers = _get(host, f"{repository}/manifests/{reference}", f"{MANIFEST}, {LIST}", login=login)
        found = json.loads(body)
        for part in [found[name] for name in ("config",) if name in found] + found.get("layers", []):
            _get(host, f"{repository}/blobs/{part['digest']}", "*/*", login=login)
        for part in found.get("manifests", []):
            if not digest_of(host, repository, part["digest"], login=login):
                return ""
    except urllib.error.HTTPError as error:
        error.close()
        return ""
    return headers or _digest(body)


def tags_of(host: str, repository: str) -> list[str]:
    """The tags of a repository."""
    try:
        return sorted(json.loads(_get(host, f"{repository}/tags/list", "*/*")[0])["tags"] or [])
    except urllib.error.HTTPError as error:
        error.close()
        return []


def _get(host: str, path: str, accept: str, *, login: tuple[str, str] | None = None) -> tuple[bytes, str]:
    request = urllib.request.Request(f"http://{host}/v2/{path}", headers={"Accept": accept, **_authorization(login)})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read(), answer.headers.get("Docker-Content-Digest", "")


def _upload(host: str, repository: str, blob: bytes, login: tuple[str, str] | None) -> None:
    start = urllib.request.Request(f"http://{host}/v2/{repository}/blobs/uploads/", data=b"", method="POST", headers=_authorization(login))
    with urllib.request.urlopen(start, timeout=10) as answer:
        place = answer.headers["Location"]
    url = f"{place}{'&' if '?' in place else '?'}digest={_digest(blob)}"
    headers = {"Content-Type": "application/octet-stream", **_authorization(login)}
    urllib.request.urlopen(urllib.request.Request(url, data=blob, method="PUT", headers=headers), timeout=10).close()


def _authorization(login: tuple[str, str] | None) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(':'.join(login).encode()).decode()}"} if login else {}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
