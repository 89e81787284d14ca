"""Kubernetes Events about objects: a hint for people, never a reason to fail."""

import uuid
from datetime import datetime

from mtc.api import base
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.telemetry import logs

# The API server refuses longer ones.
_LONGEST_MESSAGE = 1024

_log = logs.get(part="events")


def event(about: Object, *, reason: str, message: str, warning: bool, now: datetime, component: str) -> Object:
    """One Event, not written yet.

    Args:
        about: the object, with apiVersion, kind and metadata.
        reason: one CamelCase word.
        message: for people; cut where it is too long for the server.
        warning: whether it is of type Warning rather than Normal.
        now: the time of the Event, aware.
        component: who says so.
    """
    meta, time = about["metadata"], base.format_time(now)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{meta['name'][:200].rstrip('-.')}.{uuid.uuid4().hex[:16]}", "namespace": meta["namespace"]},
        "involvedObject": {
            "apiVersion": about["apiVersion"],
            "kind": about["kind"],
            "name": meta["name"],
            "namespace": meta["namespace"],
            "uid": meta.get("uid", ""),
        },
        "reason": reason,
        "message": message if len(message) <= _LONGEST_MESSAGE else message[: _LONGEST_MESSAGE - 1] + "…",
        "type": "Warning" if warning else "Normal",
        "source": {"component": component},
        "reportingComponent": component,
        "reportingInstance": component,
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    }


async def create(cluster: Client, body: Object) -> None:
    """Writes an Event. Trouble with it is logged only, with what it was to say."""
    try:
        await cluster.create(resources.EVENTS, body)
    except errors.KubeError as error:
        about = body["involvedObject"]
        _log.warning(
            "event not written",
            cluster=cluster.name,
            object=f"{about['namespace']}/{about['name']}",
            reason=body["reason"],
            message=body["message"],
            error=str(error),
        )
