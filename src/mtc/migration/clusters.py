"""Clients of the clusters that MigClusters describe: made on first use, kept, and replaced when the description changes.

`get` reads the MigCluster and its Secret each time (two small requests to the host cluster), so that a new token, URL or
CA is used by whoever asks next; the client itself, with its connections, is kept for as long as they stay the same.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from mtc.api import base, conditions, names
from mtc.api.migration.migcluster import MigCluster
from mtc.kube import access, resources
from mtc.kube import errors as kube_errors
from mtc.kube.client import Client, Object
from mtc.kube.reading import Readings
from mtc.migration import errors

#: How long a cluster may take to answer the question whether it is there.
CONNECT_DEADLINE_S = 5.0


@dataclass(frozen=True)
class Identity:
    """Everything that makes a connection; another identity needs another client."""

    url: str
    token: str
    ca: bytes | None
    insecure: bool

    def __repr__(self) -> str:
        return f"Identity(url={self.url!r})"


@dataclass
class _Entry:
    identity: Identity
    client: Client
    retired: Client | None = None


class Clusters:
    """The clients of all MigClusters.

    Args:
        host: client of the cluster on which the controller and all Mig* objects live.
    """

    def __init__(self, host: Client) -> None:
        self._host = host
        self._entries: dict[base.Ref, _Entry] = {}

    @property
    def host(self) -> Client:
        """The cluster of the Mig* objects."""
        return self._host

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the connections to all remote clusters; the host's belong to who made its client."""
        for ref in list(self._entries):
            await self.forget(ref)

    async def read(self, ref: base.Ref) -> MigCluster:
        """The MigCluster. Raises ClusterNotFound."""
        found = await self._host.find(resources.MIG_CLUSTERS, ref.name, namespace=ref.namespace)
        if found is None:
            msg = f"MigCluster {ref} does not exist on cluster {self._host.name}. Create it, or correct the reference to it."
            raise errors.ClusterNotFound(msg)
        return MigCluster.from_dict(found)

    def through(self, readings: Readings) -> "Clusters":
        """The same clusters, read through mirrors by one step."""
        return _Mirrored(self._host, self._entries, readings)

    async def get(self, ref: base.Ref) -> Client:
        """A client for the MigCluster; nothing is asked of the remote cluster yet.

        Raises:
            errors.ClusterUnusable: the MigCluster does not exist, or its URL, Secret, token or CA cannot work.
            KubeError: the host cluster failed.
        """
        return await self.open(await self.read(ref))

    async def open(self, cluster: MigCluster) -> Client:
        """As `get`, for a MigCluster that has been read already."""
        if cluster.spec.is_host_cluster:
            self._host.live.is_called(cluster.name)
            return self._host
        url = check_url(cluster)
        token = await self._token(cluster)
        return await self._client(cluster.ref, Identity(url, token, check_ca(cluster), cluster.spec.insecure))

    def known(self, ref: base.Ref) -> Client | None:
        """The client of a remote cluster as it was opened last, None where it was not."""
        entry = self._entries.get(ref)
        return entry.client if entry else None

    def is_current(self, ref: base.Ref, client: Client) -> bool:
        """Whether a client is still the one for a MigCluster; whoever looks after MigClusters opens another as soon as one has changed."""
        return client is self._host or client is self.known(ref)

    async def forget(self, ref: base.Ref) -> None:
        """Ends the connections to a MigCluster that is gone."""
        if entry := self._entries.pop(ref, None):
            await entry.client.close()
            if entry.retired:
                await entry.retired.close()

    async def _token(self, cluster: MigCluster) -> str:
        ref = secret_ref(cluster)
        secret = await self._host.find(resources.SECRETS, ref.name, namespace=ref.namespace)
        return check_token(cluster, secret)

    async def _client(self, ref: base.Ref, identity: Identity) -> Client:
        known = self._entries.get(ref)
        if known and known.identity == identity:
            return known.client
        try:
            way = access.from_token(identity.url, identity.token, ca=identity.ca, insecure=identity.insecure)
        except kube_errors.AccessError as error:
            msg = f"MigCluster {ref} gives no way into its cluster: {error}"
            raise errors.ConnectFailed(msg) from error
        client = Client(way, name=ref.name)
        self._entries[ref] = _Entry(identity, client, retired=known.client if known else None)
        # A step may still be using the client before this one: it is ended one change later.
        if known and known.retired:
            await known.retired.close()
        return client


class _Mirrored(Clusters):
    """The clusters as one step reads them; connections stay those of the process."""

    def __init__(self, host: Client, entries: dict[base.Ref, _Entry], readings: Readings) -> None:
        self._host, self._entries, self._readings = readings.of(host), entries, readings

    async def open(self, cluster: MigCluster) -> Client:
        return self._readings.of(await super().open(cluster))


def check_url(cluster: MigCluster) -> str:
    """The URL of a remote cluster. Raises errors.InvalidUrl."""
    url, shown = cluster.spec.url, access.shown_url(cluster.spec.url)
    where = f"MigCluster {cluster.ref}"
    if not url:
        msg = f"{where} is not the host cluster and has no spec.url. Set it to the URL of its API server, https://host:port."
        raise errors.InvalidUrl(msg, reason=conditions.NOT_SET)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        why = "" if shown != url else f" ({error})"
        msg = f"spec.url {shown!r} of {where} is not a URL{why}. Write it as https://host:port."
        raise errors.InvalidUrl(msg, reason=conditions.MALFORMED) from None
    if parts.scheme not in {"http", "https"}:
        msg = f"spec.url {shown!r} of {where} begins with neither http:// nor https://. Write it as https://host:port."
        raise errors.InvalidUrl(msg, reason=conditions.INVALID_SCHEME)
    if not host:
        msg = f"spec.url {shown!r} of {where} names no host. Write it as https://host:port."
        raise errors.InvalidUrl(msg, reason=conditions.MALFORMED)
    if parts.username is not None:
        msg = (
            f"spec.url {shown!r} of {where} has a user in it, with whom no API server lets anybody in. Write it as https://host:port, and "
            "put the token into the Secret."
        )
        raise errors.InvalidUrl(msg, reason=conditions.MALFORMED)
    return url


def secret_ref(cluster: MigCluster) -> base.Ref:
    """Which Secret has the token. Raises errors.InvalidSecretRef."""
    reference = cluster.spec.service_account_secret_ref
    if reference is None or not reference.is_set:
        msg = (
            f"MigCluster {cluster.ref} names no Secret in spec.serviceAccountSecretRef. "
            f"Give name and namespace of a Secret whose key {names.SA_TOKEN_KEY} has a service account's token."
        )
        raise errors.InvalidSecretRef(msg, reason=conditions.NOT_SET)
    return reference.ref


def check_token(cluster: MigCluster, secret: Object | None) -> str:
    """The token in the Secret that was found for a MigCluster. Raises errors.InvalidSecretRef, errors.InvalidToken."""
    ref, key = secret_ref(cluster), names.SA_TOKEN_KEY
    if secret is None:
        msg = (
            f"Secret {ref}, which spec.serviceAccountSecretRef of MigCluster {cluster.ref} names, does not exist. Create it with key {key}."
        )
        raise errors.InvalidSecretRef(msg, reason=conditions.NOT_FOUND)
    where = f"Secret {ref} of MigCluster {cluster.ref}"
    encoded = (secret.get("data") or {}).get(key)
    if encoded is None:
        msg = f"{where} has no key {key}. Put the token of a service account of the remote cluster under it."
        raise errors.InvalidToken(msg, reason=conditions.NOT_FOUND)
    try:
        token = base64.b64decode(encoded, validate=True).decode("ascii").strip()
    except (binascii.Error, UnicodeDecodeError) as error:
        msg = f"Key {key} of {where} does not hold a bearer token. Put the raw token under it; `kubectl create secret` encodes it."
        raise errors.InvalidToken(msg, reason=conditions.NOT_SET) from error
    if len(token.split()) > 1 or not token.isprintable():
        msg = (
            f"Key {key} of {where} holds more than one word, and so no bearer token: it may have been broken into lines when it was encoded. "
            "Put the raw token under it; `kubectl create secret` encodes it."
        )
        raise errors.InvalidToken(msg, reason=conditions.NOT_SET)
    if not token:
        msg = f"Key {key} of {where} is empty. Put the token of a service account of the remote cluster under it."
        raise errors.InvalidToken(msg, reason=conditions.NOT_SET)
    return token


def check_ca(cluster: MigCluster) -> bytes | None:
    """The CA bundle as PEM, None where there is none or it is not used. Raises errors.ConnectFailed."""
    if cluster.spec.insecure or not cluster.spec.ca_bundle:
        return None
    try:
        return base64.b64decode(cluster.spec.ca_bundle, validate=True)
    except binascii.Error as error:
        msg = f"spec.caBundle of MigCluster {cluster.ref} is not base64. Encode the PEM certificates with `base64 -w0`."
        raise errors.ConnectFailed(msg) from error
