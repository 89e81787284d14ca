"""Ways into a cluster: kubeconfig, service account inside a pod, or URL and bearer token.

Plain kubeconfig users (client certificate, token, token file) and the pod's service account are read here: importing
kubernetes_asyncio costs 70 MiB of memory in each process, so its loader is used only for the users that need it (exec
plug-ins and OIDC), see docs/decisions/0002.
"""

import base64
import os
import re
import ssl
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from mtc.kube import errors

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
# Projected tokens are renewed at 80 % of their life, an hour at the shortest: re-reading each minute is early enough.
_TOKEN_REFRESH_S = 60.0

_USER = re.compile(r"//[^/?#]*@")

TokenSource = Callable[[], Awaitable[str | None]]


async def _no_token() -> str | None:
    return None


@dataclass(frozen=True)
class Access:
    """What a connection needs.

    Attributes:
        server: base URL without a trailing slash.
        tls: context for https servers.
        token: gives the bearer token of the moment, None where a certificate is used.
        namespace: default namespace of the context.
        identity: changes when another connection is needed (server, CA, user), for caches.
    """

    server: str
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    token: TokenSource = field(default=_no_token, repr=False)
    namespace: str = "default"
    server_name: str | None = None


def tls_context(*, ca: bytes | None = None, insecure: bool = False) -> ssl.SSLContext:
    """A client context that trusts `ca` (PEM) in place of the system's roots, or anybody when `insecure`."""
    if insecure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if not ca:
        return ssl.create_default_context()
    try:
        context = ssl.create_default_context(cadata=ca.decode("ascii"))
    except (ssl.SSLError, UnicodeDecodeError) as error:
        msg = f"The CA bundle is not a list of PEM certificates ({error}). Give the certificates of the API server's CA in PEM form."
        raise errors.AccessError(msg) from error
    # Private CAs often lack the key usage extension that Python 3.13 insists on.
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    return context


def shown_url(url: str) -> str:
    """A URL as it may stand in messages: without a user and a password."""
    return _USER.sub("//…@", url)


def check_url(url: str) -> str:
    """The URL without trailing slash. Raises AccessError when it is not `http(s)://host[:port]`."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        why = "" if shown_url(url) != url else f" ({error})"
        msg = f"{shown_url(url)!r} is not a URL{why}. Write it as https://host:port."
        raise errors.AccessError(msg) from None
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        msg = f"{shown_url(url)!r} is not an http(s) URL of an API server. Write it as https://host:port, without user and password."
        raise errors.AccessError(msg)
    return url.rstrip("/")


def from_token(url: str, token: str, *, ca: bytes | None = None, insecure: bool = False) -> Access:
    """Access by URL and bearer token, as a MigCluster describes it."""
    server = check_url(url)

    async def current() -> str | None:
        return token

    tls = tls_context(ca=ca, insecure=insecure) if server.startswith("https") else None
    return Access(server=server, tls=tls, token=current)


def _from_file(path: Path) -> TokenSource:
    cached: tuple[float, str] = (0.0, "")

    async def current() -> str | None:
        nonlocal cached
        if not cached[1] or time.monotonic() - cached[0] > _TOKEN_REFRESH_S:
            try:
                cached = (time.monotonic(), path.read_text().strip())
            except OSError as error:
                msg = f"The token file {path} cannot be read ({error.strerror}). Without it there is no access to the cluster."
                raise errors.AccessError(msg) from error
        return cached[1]

    return current


def in_cluster(environment: Mapping[str, str] = os.environ) -> Access:
    """Access by the service account of the pod that we run in. Raises AccessError outside of one."""
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (_SERVICE_ACCOUNT / "token").exists():
        msg = "This process runs neither in a pod nor with a kubeconfig. Give --kubeconfig FILE or set KUBECONFIG."
        raise errors.AccessError(msg)
    namespace_file = _SERVICE_ACCOUNT / "namespace"
    return Access(
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        tls=tls_context(ca=(_SERVICE_ACCOUNT / "ca.crt").read_bytes()),
        token=_from_file(_SERVICE_ACCOUNT / "token"),
        namespace=namespace_file.read_text().strip() if namespace_file.exists() else "default",
    )


def default(kubeconfig: str | None = None, *, context: str | None = None) -> Access:
    """As kubectl: the given file, else $KUBECONFIG, else ~/.kube/config where it exists, else the pod's account."""
    path = kubeconfig or os.environ.get("KUBECONFIG") or ""
    if not path:
        home = Path.home() / ".kube" / "config"
        if not home.exists():
            return in_cluster()
        path = str(home)
    return from_kubeconfig(path, context=context)


def from_kubeconfig(path: str, *, context: str | None = None) -> Access:
    """Access by a kubeconfig file (or several, separated as in PATH: the first that has the entry wins)."""
    files = [Path(part).expanduser() for part in path.split(os.pathsep) if part]
    cluster, user, chosen, base = _select(files, context)
    server = check_url(str(cluster.get("server", "")))
    insecure = bool(cluster.get("insecure-skip-tls-verify"))
    ca = _data(cluster, "certificate-authority", base)
    tls = tls_context(ca=ca, insecure=insecure) if server.startswith("https") else None
    certificate, key = _data(user, "client-certificate", base), _data(user, "client-key", base)
    if tls and certificate and key:
        _load_pair(tls, certificate, key)
    return Access(
        server=server,
        tls=tls,
        token=_user_token(user, base, path, context),
        namespace=str(chosen.get("namespace") or "default"),
        server_name=cluster.get("tls-server-name"),
    )


@dataclass(frozen=True)
class Server:
    """An API server as a kubeconfig describes it, without a user.

    Attributes:
        url: without a trailing slash.
        ca: PEM certificates, None for those that the system trusts.
        insecure: whether its certificate is not checked.
    """

    url: str
    ca: bytes | None
    insecure: bool


def server_of(path: str, *, context: str | None = None) -> Server:
    """The API server of a context of a kubeconfig (or of several, separated as in PATH). Raises AccessError."""
    cluster, _, _, base = _select([Path(part).expanduser() for part in path.split(os.pathsep) if part], context)
    insecure = bool(cluster.get("insecure-skip-tls-verify"))
    return Server(check_url(str(cluster.get("server", ""))), _data(cluster, "certificate-authority", base), insecure)


def _select(files: list[Path], wanted: str | None) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], Path]:
    documents: list[tuple[Path, dict[str, Any]]] = []
    for file in files:
        try:
            parsed = yaml.load(file.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 — a safe loader
        except OSError as error:
            msg = f"The kubeconfig {file} cannot be read ({error.strerror}). Check --kubeconfig and KUBECONFIG."
            raise errors.AccessError(msg) from error
        except yaml.YAMLError as error:
            msg = f"The kubeconfig {file} is not YAML ({error}). Check that it is the file that you meant."
            raise errors.AccessError(msg) from error
        if isinstance(parsed, dict):
            documents.append((file.parent, parsed))
    name = wanted or next((d["current-context"] for _, d in documents if d.get("current-context")), None)
    where = os.pathsep.join(map(str, files))
    if not name:
        msg = f"The kubeconfig {where} has no current-context. Choose one with --context."
        raise errors.AccessError(msg)

    def entry(section: str, key: str, kind: str) -> tuple[Path, dict[str, Any]]:
        for base, document in documents:
            for item in document.get(section) or []:
                if item.get("name") == key:
                    return base, item.get(kind) or {}
        msg = f"The kubeconfig {where} has no {kind} named {key!r}. `kubectl config view` shows what it has."
        raise errors.AccessError(msg)

    _, chosen = entry("contexts", name, "context")
    base, cluster = entry("clusters", chosen.get("cluster", ""), "cluster")
    _, user = entry("users", chosen.get("user", ""), "user") if chosen.get("user") else (base, {})
    return cluster, user, chosen, base


def _data(entry: Mapping[str, Any], key: str, base: Path) -> bytes | None:
    if inline := entry.get(f"{key}-data"):
        return base64.b64decode(inline)
    if file := entry.get(key):
        path = base / Path(str(file)).expanduser()
        try:
            return path.read_bytes()
        except OSError as error:
            msg = f"{key} of the kubeconfig names {path}, which cannot be read ({error.strerror})."
            raise errors.AccessError(msg) from error
    return None


def _load_pair(tls: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    # OpenSSL reads certificate and key from files only; the file is private to us and gone at once.
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate.rstrip() + b"\n" + key)
        file.flush()
        try:
            tls.load_cert_chain(file.name)
        except ssl.SSLError as error:
            msg = f"Client certificate and key of the kubeconfig do not fit together ({error.reason}). Get a new kubeconfig."
            raise errors.AccessError(msg) from error


def _user_token(user: Mapping[str, Any], base: Path, path: str, context: str | None) -> TokenSource:
    if user.get("exec") or user.get("auth-provider"):
        return _from_plugin(path, context)
    if file := user.get("tokenFile"):
        return _from_file(base / str(file))
    token = user.get("token")

    async def current() -> str | None:
        return str(token) if token else None

    return current


def _from_plugin(path: str, context: str | None) -> TokenSource:
    cached: tuple[float, str | None] = (0.0, None)

    async def current() -> str | None:
        nonlocal cached
        if cached[1] is None or time.monotonic() - cached[0] > _TOKEN_REFRESH_S:
            from kubernetes_asyncio import config  # noqa: PLC0415 — heavy, needed by few
            from kubernetes_asyncio.client import Configuration  # noqa: PLC0415

            configuration = Configuration()
            try:
                await config.load_kube_config(config_file=path, context=context, client_configuration=configuration)
            except config.ConfigException as error:
                msg = f"The credential plug-in of the kubeconfig {path} gave no token ({error}). Log in again and retry."
                raise errors.AccessError(msg) from error
            value = str((configuration.api_key or {}).get("BearerToken", "")).removeprefix("Bearer ")
            cached = (time.monotonic(), value)
        return cached[1]

    return current
