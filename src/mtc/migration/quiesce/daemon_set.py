"""DaemonSet: stopped by asking for nodes with a label that none has."""

import json
from typing import Any

from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration.quiesce.workload import (
    Patch,
    Workload,
    annotations,
    patch,
    pod_template,
)

_KEY, _SAVED = names.QUIESCE_DAEMON_SET_NODE_SELECTOR, names.PRE_QUIESCE_NODE_SELECTOR


def node_selector(item: Object) -> dict[str, str]:
    """The labels that nodes must have."""
    return (pod_template(item).get("spec") or {}).get("nodeSelector") or {}


def stop(item: Object) -> Patch | None:
    """Adds the label that no node has, and remembers the selector as it was."""
    current = node_selector(item)
    if _KEY in current:
        return None
    return patch(annotate={_SAVED: json.dumps(current, sort_keys=True)}, spec=_selecting({_KEY: "true"}))


def start(item: Object) -> list[Patch]:
    """Takes the label away and brings the selector back as it was."""
    current = node_selector(item)
    if _KEY not in current or _SAVED not in annotations(item):
        return []
    saved: dict[str, Any] = json.loads(annotations(item)[_SAVED]) or {}
    changes = {key: None for key in current if key not in saved}
    return [patch(annotate={_SAVED: None}, spec=_selecting({**changes, **saved}))]


def is_stopped(item: Object) -> bool:
    """Whether we stopped it."""
    return _SAVED in annotations(item) and _KEY in node_selector(item)


def _selecting(selector: dict[str, Any]) -> Patch:
    return {"template": {"spec": {"nodeSelector": selector}}}


DAEMON_SET = Workload(resources.DAEMON_SETS, stop, start, is_stopped, pod_template)
