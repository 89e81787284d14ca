"""Files of backups and restores from the bucket: the engine is asked for an address, which is then read.

Whoever knows the address can read the file, so it is in no message.
"""

import asyncio
import gzip
import ssl
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from mtc.act import errors
from mtc.kube import resources, watch
from mtc.kube.client import Client, Object

_PIECE = 2**20
_ANSWER_S = 60.0
_SCHEMES = ("https://", "http://")


async def address(cluster: Client, target: str, name: str, *, namespace: str, timeout_s: float = _ANSWER_S) -> str:
    """The address of a file.

    Args:
        cluster: where the engine is.
        target: kind of a DownloadRequest, such as BackupLog.
        name: of the Backup or Restore.
        namespace: of the engine.
        timeout_s: how long the engine may take to answer.

    Raises:
        errors.NotPossible: the engine refused; the message is its own.
        errors.TimedOut: it has not answered in time.
    """
    kind = resources.DOWNLOAD_REQUESTS
    body: Object = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"generateName": f"{name[:50]}-", "namespace": namespace},
        "spec": {"target": {"kind": target, "name": name}},
    }
    made = await cluster.create(kind, body)
    try:
        async with asyncio.timeout(timeout_s):
            events = watch.watch(cluster, kind, namespace=namespace, field_selector=f"metadata.name={made['metadata']['name']}")
            async with aclosing(events):
                async for event in events:
                    status = (event.object or {}).get("status") or {}
                    if status.get("phase") == "Failed":
                        raise errors.NotPossible(
                            f"{target} of {name} cannot be had: {status.get('message') or 'the engine does not say why.'}"
                        )
                    if status.get("downloadURL"):
                        return str(status["downloadURL"])
    except TimeoutError:
        pass
    finally:
        await cluster.delete(kind, made["metadata"]["name"], namespace=namespace)
    msg = f"The engine of cluster {cluster.name} has not answered within {timeout_s:g} s. Does it run? `kubectl -n {namespace} get deployment velero`."
    raise errors.TimedOut(msg)


@asynccontextmanager
async def explained(cluster: Client, target: str, name: str, *, namespace: str) -> AsyncIterator[None]:
    """Says why a file that is read meanwhile is not there: nothing of a Restore is written into a location that may only be read."""
    try:
        yield
    except errors.NoSuchFile as error:
        location = await _location(cluster, name, namespace=namespace) if target.startswith("Restore") else None
        if location is None or (location.get("spec") or {}).get("accessMode") != "ReadOnly":
            raise
        msg = (
            f"{target} of {name} was not kept: BackupStorageLocation {location['metadata']['name']} is ReadOnly. Counts are in the status of the "
            f"Restore, and its first warnings and errors in its Events: `kubectl -n {namespace} describe restores.velero.io {name}`."
        )
        raise errors.NoSuchFile(msg) from error


async def _location(cluster: Client, restore: str, *, namespace: str) -> Object | None:
    """The location of what a Restore was made from; None where it cannot be told any more."""
    item = await cluster.find(resources.RESTORES, restore, namespace=namespace) or {}
    source = str((item.get("spec") or {}).get("backupName") or "")
    backup = (await cluster.find(resources.BACKUPS, source, namespace=namespace) if source else None) or {}
    name = str((backup.get("spec") or {}).get("storageLocation") or "")
    return await cluster.find(resources.BACKUP_STORAGE_LOCATIONS, name, namespace=namespace) if name else None


async def read(url: str, *, ca_file: str | None = None, insecure: bool = False) -> bytes:
    """The content of a file, unpacked where it is packed; None-sized files are empty. Raises errors.NotPossible."""
    pieces: list[bytes] = []
    await _fetch(url, pieces.append, ca_file=ca_file, insecure=insecure)
    data = b"".join(pieces)
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


async def save(url: str, path: Path, *, ca_file: str | None = None, insecure: bool = False) -> int:
    """Writes the content as it is into a file; the number of bytes. What was half written is removed. Raises errors.NotPossible."""
    part = path.with_name(f"{path.name}.part")
    count = 0
    try:
        with part.open("wb") as file:

            def keep(piece: bytes) -> None:
                nonlocal count
                count += file.write(piece)

            await _fetch(url, keep, ca_file=ca_file, insecure=insecure)
        part.replace(path)
    except OSError as error:
        raise errors.NotPossible(f"{path} cannot be written ({error.strerror}).") from error
    finally:
        part.unlink(missing_ok=True)
    return count


async def _fetch(url: str, keep: Callable[[bytes], object], *, ca_file: str | None, insecure: bool) -> None:
    if not url.startswith(_SCHEMES):
        raise errors.NotPossible("The storage gives no address that can be downloaded from.")
    host = url.split("/")[2]
    try:
        context = _tls(ca_file, insecure=insecure) if url.startswith(_SCHEMES[0]) else None
        await asyncio.to_thread(_copy, url, keep, context)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            raise errors.NoSuchFile(f"{host} does not have the file.") from None
        raise errors.NotPossible(f"The file cannot be read from {host}: HTTP {error.code}.") from None
    except (urllib.error.URLError, TimeoutError, ssl.SSLError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        msg = f"The file cannot be read from {host}: {reason}. The storage must be reachable from here; --cacert gives its CA."
        raise errors.NotPossible(msg) from None


def _copy(url: str, keep: Callable[[bytes], object], context: ssl.SSLContext | None) -> None:
    with urllib.request.urlopen(url, timeout=60, context=context) as answer:  # noqa: S310 - the scheme was checked
        while piece := answer.read(_PIECE):
            keep(piece)


def _tls(ca_file: str | None, *, insecure: bool) -> ssl.SSLContext:
    if ca_file:
        try:
            return ssl.create_default_context(cafile=ca_file)
        except OSError as error:
            raise errors.Incomplete(f"{ca_file} has no PEM certificates ({error.strerror}).") from error
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
