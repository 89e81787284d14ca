"""A service gets addresses and ports of the target cluster, except those that a person asked for."""

from typing import Any

from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube import codec
from mtc.kube.client import Object

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


async def apply(service: Object, subject: Subject) -> Outcome:
    """The service without cluster IPs, and without node ports that the other cluster chose."""
    spec = service.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return Outcome(service)
    if spec.get("clusterIP") != "None":
        spec.pop("clusterIP", None)
        spec.pop("clusterIPs", None)
    if not subject.context.spec.get("preserveNodePorts"):
        _free_node_ports(service, spec)
    return Outcome(service)


def _free_node_ports(service: Object, spec: Object) -> None:
    applied = _last_applied(service)
    for port in spec.get("ports") or []:
        if port.get("nodePort") and not _is_explicit(service, port, applied):
            del port["nodePort"]
    local = spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"
    if local and spec.get("healthCheckNodePort") and not ((applied or {}).get("spec") or {}).get("healthCheckNodePort"):
        del spec["healthCheckNodePort"]


def _last_applied(service: Object) -> dict[str, Any] | None:
    text = (service["metadata"].get("annotations") or {}).get(_LAST_APPLIED)
    if not text:
        return None
    try:
        parsed = codec.loads(text)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _is_explicit(service: Object, port: Object, applied: dict[str, Any] | None) -> bool:
    if applied is not None:
        key = "name" if port.get("name") else "port"
        return any(entry.get(key) == port.get(key) and entry.get("nodePort") for entry in (applied.get("spec") or {}).get("ports") or [])
    field = f'k:{{"port":{port["port"]},"protocol":"{port.get("protocol", "TCP")}"}}'
    for entry in service["metadata"].get("managedFields") or []:
        ports = ((entry.get("fieldsV1") or {}).get("f:spec") or {}).get("f:ports") or {}
        if "f:nodePort" in (ports.get(field) or {}):
            return True
    return False


ACTION = Action("velero.io/service", frozenset({"services"}), apply)
