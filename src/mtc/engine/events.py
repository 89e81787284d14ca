"""Kubernetes Events about Schedules and Restores: what their status has no field for. Trouble with them is logged only."""

import uuid
from datetime import datetime

from mtc.api import base
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.telemetry import logs

_COMPONENT = "mtc-engine"
# The API server refuses longer ones.
_LONGEST_MESSAGE = 1024


async def warn(cluster: Client, kind: ResourceType, item: Object, *, reason: str, message: str, now: datetime) -> None:
    """One Event of type Warning.

    Args:
        cluster: where the object is.
        kind: of the object.
        item: the object.
        reason: one CamelCase word.
        message: for people; cut where it is too long for the server.
        now: the time of the Event, aware.
    """
    meta, time = item["metadata"], base.format_time(now)
    body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{meta['name'][:200].rstrip('-.')}.{uuid.uuid4().hex[:16]}", "namespace": meta["namespace"]},
        "involvedObject": {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "name": meta["name"],
            "namespace": meta["namespace"],
            "uid": meta["uid"],
        },
        "type": "Warning",
        "reason": reason,
        "message": message if len(message) <= _LONGEST_MESSAGE else f"{message[: _LONGEST_MESSAGE - 3]}...",
        "source": {"component": _COMPONENT},
        "reportingComponent": _COMPONENT,
        "reportingInstance": _COMPONENT,
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    }
    try:
        await cluster.create(resources.EVENTS, body)
    except errors.KubeError as error:
        about = f"{meta['namespace']}/{meta['name']}"
        logs.get(cluster=cluster.name).warning("event not written", object=about, reason=reason, message=message, error=str(error))
