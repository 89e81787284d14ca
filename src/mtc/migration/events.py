"""Kubernetes Events about our objects: a hint for people, never a reason to fail."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from mtc.api import base, conditions
from mtc.api.conditions import Condition
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.telemetry import logs

_WARNINGS = frozenset({conditions.CRITICAL, conditions.ERROR, conditions.WARN})
# The API server refuses longer ones.
_LONGEST_MESSAGE = 1024

_log = logs.get(part="events")


async def emit_conditions(cluster: Client, about: Object, changed: Iterable[Condition], *, now: datetime) -> None:
    """One Event for each condition: its type is the reason; blockers and warnings are of type Warning."""
    for condition in changed:
        warning = condition.is_true and condition.category in _WARNINGS
        await emit(cluster, about, reason=condition.type, message=condition.message or condition.type, warning=warning, now=now)


async def emit(cluster: Client, about: Object, *, reason: str, message: str, warning: bool, now: datetime) -> None:
    """One Event. Trouble with it is logged only.

    Args:
        cluster: where the object lives.
        about: the object, with apiVersion, kind and metadata.
        reason: one CamelCase word.
        message: for people; cut where it is too long for the server.
        warning: whether it is of type Warning rather than Normal.
        now: the time of the Event.
    """
    meta = about["metadata"]
    time = base.format_time(now)
    component = f"{about['kind'].lower()}_controller"
    body: Object = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{meta['name'][:200]}.{uuid.uuid4().hex[:16]}", "namespace": meta["namespace"]},
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
    try:
        await cluster.create(resources.EVENTS, body)
    except errors.KubeError as error:
        _log.warning("event not written", object=f"{meta['namespace']}/{meta['name']}", reason=reason, error=str(error))
