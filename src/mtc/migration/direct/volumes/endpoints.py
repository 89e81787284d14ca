"""How senders reach the receiving pod of a namespace: a Route where the target has them, else a Service.

Setting rsync_endpoint_type of the target chooses. Route is the default; on a cluster that serves no Routes it means NodePort, which any other
cluster can reach.
"""

from dataclasses import dataclass
from typing import Any

from mtc.api import names
from mtc.api.settings.model import ClusterSettings
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.migration import listing
from mtc.migration.direct.volumes.scope import Scope, selector
from mtc.migration.direct.volumes.settings_files import TUNNEL_PORT
from mtc.migration.direct.volumes.targets import TargetUnusable

ROUTE, CLUSTER_IP, NODE_PORT = "Route", "ClusterIP", "NodePort"
ROUTE_NAME = "dvm"
SERVICE_NAME = "directvolumemigration-rsync-transfer-svc"
_HTTPS_PORT = 443
_INGRESSES = resources.ResourceType("config.openshift.io", "v1", "ingresses", "Ingress", namespaced=False)
#: The longest first part of a host name.
_LABEL = 63


@dataclass(frozen=True)
class Address:
    """Where senders connect to."""

    host: str
    port: int


async def kind_of(scope: Scope) -> str:
    """Route, ClusterIP or NodePort."""
    chosen = scope.of_target.rsync_endpoint_type
    return NODE_PORT if chosen == ROUTE and not await _serves_routes(scope.target) else chosen


async def _serves_routes(cluster: Client) -> bool:
    try:
        await cluster.get_path(f"/apis/{resources.ROUTES.api_version}")
    except (errors.NotServed, errors.NotFound):
        return False
    return True


async def make(scope: Scope, kind: str, namespace: str) -> None:
    """Creates what is missing of the way into a namespace.

    Raises:
        TargetUnusable: a host name would be too long, or something else has the name.
    """
    name = ROUTE_NAME if kind == ROUTE else SERVICE_NAME
    await _create(scope, resources.SERVICES, _service(scope, namespace, name, kind))
    if kind == ROUTE:
        await _create(scope, resources.ROUTES, _route(scope, namespace, await _domain_of_routes(scope.target, scope.of_target)))


async def _create(scope: Scope, kind: resources.ResourceType, body: Object) -> None:
    namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
    there = await scope.target.list_all(kind, namespace=namespace, label_selector=selector(scope.uid))
    if name in {item["metadata"]["name"] for item in there}:
        return
    try:
        await scope.target.create(kind, body)
    except errors.AlreadyExists as error:
        msg = (
            f"{kind.kind} {namespace}/{name} on target cluster {scope.target.name} belongs to somebody else, and the copy needs one of that name. "
            "Rename it, or choose another rsync_endpoint_type."
        )
        raise TargetUnusable(msg) from error


def _service(scope: Scope, namespace: str, name: str, kind: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": namespace, "name": name, "labels": scope.owned},
        "spec": {
            "type": NODE_PORT if kind == NODE_PORT else CLUSTER_IP,
            # One copy's senders reach its own receiver and no other's.
            "selector": {names.APP: names.RSYNC_APP, "directvolumemigration": scope.uid, "role": "server"},
            "ports": [{"name": "stunnel", "port": TUNNEL_PORT, "targetPort": TUNNEL_PORT, "protocol": "TCP"}],
        },
    }


def _route(scope: Scope, namespace: str, domain: str) -> Object:
    prefix = f"{ROUTE_NAME}-{namespace}"
    if len(prefix) > _LABEL and not domain:
        msg = (
            f"The Route of namespace {namespace} would get a host name of more than {_LABEL} characters, and the domain of target cluster "
            f"{scope.target.name} is not known. Set cluster_subdomain of the MigrationController there."
        )
        raise TargetUnusable(msg)
    spec: dict[str, Any] = {
        "port": {"targetPort": TUNNEL_PORT},
        "to": {"kind": "Service", "name": ROUTE_NAME},
        "tls": {"termination": "passthrough"},
    }
    if domain:
        spec["host"] = f"{prefix[: _LABEL - 1].rstrip('-')}.{domain}"
    meta = {"namespace": namespace, "name": ROUTE_NAME, "labels": scope.owned}
    return {"apiVersion": resources.ROUTES.api_version, "kind": "Route", "metadata": meta, "spec": spec}


async def find(scope: Scope, kind: str, namespace: str) -> Address | str:
    """Where senders connect to, or why that is not known yet."""
    if kind == ROUTE:
        return of_route(await _own(scope, resources.ROUTES, namespace), namespace)
    service = await _own(scope, resources.SERVICES, namespace)
    spec: dict[str, Any] = (service or {}).get("spec") or {}
    port: dict[str, Any] = next(iter(spec.get("ports") or []), {})
    if kind == CLUSTER_IP:
        address = str(spec.get("clusterIP") or "")
        return Address(address, TUNNEL_PORT) if address else f"Service {namespace}/{SERVICE_NAME} has no address."
    node = node_address(await scope.target.list_all(resources.NODES))
    if not port.get("nodePort") or not node:
        return f"Service {namespace}/{SERVICE_NAME} has no port on any node that is Ready."
    return Address(node, int(port["nodePort"]))


async def _own(scope: Scope, kind: resources.ResourceType, namespace: str) -> Object | None:
    """That of this copy; none of the application is looked at."""
    found = await scope.target.list_all(kind, namespace=namespace, label_selector=selector(scope.uid))
    name = SERVICE_NAME if kind == resources.SERVICES else ROUTE_NAME
    return next((item for item in found if item["metadata"]["name"] == name), None)


async def made(scope: Scope, kind: str) -> str:
    """When the first of the ways in was made, as Kubernetes writes times; "" without any."""
    what = resources.ROUTES if kind == ROUTE else resources.SERVICES
    found = await listing.of_namespaces(scope.target, what, scope.pairs.values(), label_selector=selector(scope.uid))
    return min((str(item["metadata"].get("creationTimestamp", "")) for item in found), default="")


def of_route(route: Object | None, namespace: str) -> Address | str:
    """Where a Route leads, or why it does not yet. Pure."""
    ingresses = ((route or {}).get("status") or {}).get("ingress") or []
    for ingress in ingresses:
        if any(entry.get("type") == "Admitted" and entry.get("status") == "True" for entry in ingress.get("conditions") or []):
            return Address(str(ingress.get("host") or (route or {})["spec"]["host"]), _HTTPS_PORT)
    said = [
        f"{entry.get('reason', '')} {entry.get('message', '')}".strip()
        for ingress in ingresses
        for entry in ingress.get("conditions") or []
        if entry.get("type") == "Admitted"
    ]
    why = f": {'; '.join(said)}" if said else ", and no router has said why."
    return f"Route {namespace}/{ROUTE_NAME} is not admitted{why}"


def node_address(nodes: list[Object]) -> str:
    """An address of a node that is Ready, one that is known outside before one that is not; "" without any."""
    found: dict[str, str] = {}
    for node in sorted(nodes, key=lambda item: item["metadata"]["name"]):
        status = node.get("status") or {}
        if any(entry["type"] == "Ready" and entry["status"] == "True" for entry in status.get("conditions") or []):
            for address in status.get("addresses") or []:
                found.setdefault(address["type"], address["address"])
    return found.get("ExternalIP") or found.get("InternalIP") or ""


async def _domain_of_routes(cluster: Client, settings: ClusterSettings) -> str:
    """The domain below which Routes of a cluster get their host names, "" where nothing tells it."""
    if settings.cluster_subdomain:
        return settings.cluster_subdomain
    try:
        config = await cluster.find(_INGRESSES, "cluster")
    except (errors.Forbidden, errors.NotServed):
        return ""
    return str(((config or {}).get("spec") or {}).get("domain") or "")
