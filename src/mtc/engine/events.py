"""Kubernetes Events about Schedules and Restores: what their status has no field for."""

from datetime import datetime

from mtc.kube import events
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

_COMPONENT = "mtc-engine"


async def warn(cluster: Client, kind: ResourceType, item: Object, *, reason: str, message: str, now: datetime) -> None:
    """One Event of type Warning. Trouble with it is logged only.

    Args:
        cluster: where the object is.
        kind: of the object.
        item: the object.
        reason: one CamelCase word.
        message: for people; cut where it is too long for the server.
        now: the time of the Event, aware.
    """
    about = {**item, "apiVersion": kind.api_version, "kind": kind.kind}
    body = events.event(about, reason=reason, message=message, warning=True, now=now, component=_COMPONENT)
    await events.create(cluster, body)
