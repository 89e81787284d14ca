"""Deletes Backups with what they have in the bucket: the engine does it when a DeleteBackupRequest asks."""

import asyncio
from contextlib import aclosing

from mtc.act import errors
from mtc.api import names
from mtc.kube import resources, watch
from mtc.kube.client import Client, Object


async def request(cluster: Client, backup: Object) -> Object:
    """The DeleteBackupRequest that was made."""
    kind, meta = resources.DELETE_BACKUP_REQUESTS, backup["metadata"]
    labels = {names.BACKUP_NAME: names.label_value(meta["name"]), names.BACKUP_UID: meta["uid"]}
    body: Object = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"generateName": f"{meta['name'][:50]}-", "namespace": meta["namespace"], "labels": labels},
        "spec": {"backupName": meta["name"]},
    }
    return await cluster.create(kind, body)


async def wait(cluster: Client, backup: Object, asked: Object, *, timeout_s: float | None) -> None:
    """Returns when the Backup is gone.

    Raises:
        errors.NotPossible: the engine could not delete it; the message is its own.
        errors.TimedOut: it was not gone in time.
    """
    kind, name, meta = resources.DELETE_BACKUP_REQUESTS, asked["metadata"]["name"], backup["metadata"]
    try:
        async with asyncio.timeout(timeout_s):
            async with aclosing(watch.watch(cluster, kind, namespace=meta["namespace"], field_selector=f"metadata.name={name}")) as events:
                is_there = False
                async for event in events:
                    if event.type == "LOST" and event.error is not None:
                        raise event.error
                    if (event.object or {}).get("status", {}).get("errors"):
                        raise errors.NotPossible(f"Backup {meta['name']} is not deleted: {' '.join(event.object['status']['errors'])}")
                    # The engine removes the request once the Backup is gone.
                    if event.type == "DELETED" or (event.type == "SYNCED" and not is_there):
                        return
                    is_there = True
    except TimeoutError:
        pass
    msg = f"Backup {meta['name']} is not gone within {timeout_s:g} s. The engine goes on; `mtc get deletebackuprequest` shows what it says."
    raise errors.TimedOut(msg)
