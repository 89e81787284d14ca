"""What containers of ours ask for in the namespaces of applications: little, within what their LimitRanges allow. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from mtc.api import quantities

_DEFAULTS = {"memory": "128Mi", "cpu": "100m"}
#: Quantities below are of processors, which come in parts.
_WHOLE = 1_000


def requests_for(limit_ranges: Iterable[Mapping[str, Any]], ask: Mapping[str, str] = _DEFAULTS, *, containers: int = 1) -> dict[str, str]:
    """What a container gets that asks for so much: not less than the namespace allows, and not more.

    Args:
        limit_ranges: of the namespace.
        ask: quantities by resource.
        containers: how many share what a pod may have.
    """
    wanted = dict(ask)
    limits = [limit for item in limit_ranges for limit in (item.get("spec") or {}).get("limits") or []]
    for limit in limits:
        if limit.get("type") not in {"Container", "Pod"}:
            continue
        least, most = limit.get("min") or {}, limit.get("max") or {}
        for resource, ours in list(wanted.items()):
            raised = max(ours, least.get(resource, ours), key=quantities.parse)
            limit_of_one = _share(most.get(resource, raised), containers if limit["type"] == "Pod" else 1)
            wanted[resource] = min(raised, limit_of_one, key=quantities.parse)
    return wanted


def _share(quantity: str, parts: int) -> str:
    if parts == 1:
        return quantity
    share = quantities.parse(quantity) / parts
    return str(int(share)) if share >= _WHOLE else f"{int(share * 1000)}m"


def resources(requests: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The field `resources` of a container that gets what it asks for, and no more."""
    return {"requests": dict(requests), "limits": dict(requests)}
