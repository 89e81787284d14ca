"""What containers of ours ask for in the namespaces of applications: little, within what their LimitRanges allow. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from mtc.api import quantities

_DEFAULTS = {"memory": "128Mi", "cpu": "100m"}


def requests_for(limit_ranges: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What a container asks for: little, but not less than the namespace allows, and not more."""
    wanted = dict(_DEFAULTS)
    limits = [limit for item in limit_ranges for limit in (item.get("spec") or {}).get("limits") or []]
    for limit in limits:
        if limit.get("type") not in {"Container", "Pod"}:
            continue
        least, most = limit.get("min") or {}, limit.get("max") or {}
        for resource, ours in list(wanted.items()):
            raised = max(ours, least.get(resource, ours), key=quantities.parse)
            wanted[resource] = min(raised, most.get(resource, raised), key=quantities.parse)
    return wanted


def resources(requests: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The field `resources` of a container that gets what it asks for, and no more."""
    return {"requests": dict(requests), "limits": dict(requests)}
