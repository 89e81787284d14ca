"""Certificates and keys of one cluster, made with openssl; and kubeconfigs that carry them.

One authority per cluster signs everything: the API server's and kubelet's serving certificates and each program's client
certificate. A name and its groups in a client certificate are what the API server takes as user and groups.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mtc.lab import programs, tasks

_VALID_DAYS = "3650"
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """The folder of a cluster's certificates, with the authority that signs them."""

    directory: Path

    def pair(self, name: str) -> Pair:
        """Where the certificate and key of that name are."""
        return Pair(self.directory / f"{name}.crt", self.directory / f"{name}.key")

    @property
    def certificate(self) -> Path:
        """The authority's own certificate."""
        return self.pair("ca").certificate


@dataclass(frozen=True)
class Request:
    """A certificate to make.

    Attributes:
        name: file name without ending.
        user: common name: for a client the name of the user.
        groups: organizations: for a client its groups.
        addresses: `DNS:...` and `IP:...` names that a server is reached by; empty for a client.
    """

    name: str
    user: str
    groups: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


async def create(directory: Path, requests: Sequence[Request]) -> Authority:
    """The authority in that folder with all the certificates; those that exist are kept.

    The pair `sa` in the same folder signs and checks service account tokens.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    authority = Authority(directory)
    if not authority.certificate.exists():
        ca = authority.pair("ca")
        await _openssl(ca, ["-subj", "/CN=mtc-lab", "-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"])
    missing = [request for request in requests if not authority.pair(request.name).certificate.exists()]
    await tasks.together(_token_key(directory), *(_signed(authority, request) for request in missing))
    return authority


async def _signed(authority: Authority, request: Request) -> None:
    ca = authority.pair("ca")
    subject = "".join(f"/O={group}" for group in request.groups) + f"/CN={request.user}"
    # openssl marks a certificate of `req -x509` as an authority unless told otherwise.
    options = ["-subj", subject, "-CA", str(ca.certificate), "-CAkey", str(ca.key), "-addext", "basicConstraints=critical,CA:FALSE"]
    options += ["-addext", "keyUsage=critical,digitalSignature,keyEncipherment"]
    options += ["-addext", f"extendedKeyUsage=clientAuth{',serverAuth' if request.addresses else ''}"]
    if request.addresses:
        options += ["-addext", f"subjectAltName={','.join(request.addresses)}"]
    await _openssl(authority.pair(request.name), options)


async def _openssl(pair: Pair, options: list[str]) -> None:
    """Make key and certificate; the certificate appears last and whole, so that its presence means both are there."""
    made = pair.certificate.with_suffix(".new")
    argv = ["openssl", "req", "-x509", *_NEW_KEY, "-days", _VALID_DAYS, "-keyout", str(pair.key), "-out", str(made), *options]
    await programs.run(argv)
    made.rename(pair.certificate)


async def _token_key(directory: Path) -> None:
    key, public = directory / "sa.key", directory / "sa.pub"
    if public.exists():
        return
    await programs.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(key)])
    made = public.with_suffix(".new")
    await programs.run(["openssl", "pkey", "-in", str(key), "-pubout", "-out", str(made)])
    made.rename(public)


def write_kubeconfig(path: Path, *, authority: Authority, client: str, server: str, cluster: str) -> Path:
    """A kubeconfig that needs no other file.

    Args:
        path: file to write, readable by its owner only.
        authority: where the certificates are.
        client: name of the client's certificate.
        server: URL of the API server.
        cluster: name of the cluster, context and user in it.
    """
    pair = authority.pair(client)
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": {"server": server, "certificate-authority-data": _base64(authority.certificate)}}],
        "users": [
            {
                "name": cluster,
                "user": {"client-certificate-data": _base64(pair.certificate), "client-key-data": _base64(pair.key)},
            }
        ],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
        "current-context": cluster,
    }
    made = path.with_name(f".{path.name}.new")
    made.touch(mode=0o600)
    made.write_text(json.dumps(document, indent=1))
    made.rename(path)
    return path


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
