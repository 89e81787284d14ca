"""Where the image registry of an OpenShift cluster is, as seen from inside of it: three places tell it, by the age of the cluster."""

from typing import Any

import yaml

from mtc.kube import resources
from mtc.kube.client import Client

#: The last version of Kubernetes in OpenShift 3, whose registry is a Service.
_LAST_WITH_SERVICE = 11


async def internal(cluster: Client) -> str:
    """Host and port of the cluster's own registry, "" where it has none. Raises KubeError."""
    for stream in await cluster.list_all(resources.IMAGE_STREAMS, namespace="openshift"):
        if host := str((stream.get("status") or {}).get("dockerImageRepository") or "").partition("/")[0]:
            return host
    if _minor(await cluster.version()) <= _LAST_WITH_SERVICE:
        return _of_service(await cluster.find(resources.SERVICES, "docker-registry", namespace="default"))
    return _of_config(await cluster.find(resources.CONFIG_MAPS, "config", namespace="openshift-apiserver"))


def _minor(version: dict[str, str]) -> int:
    digits = "".join(letter for letter in version.get("minor", "") if letter.isdecimal())
    return int(digits) if digits else _LAST_WITH_SERVICE + 1


def _of_service(service: dict[str, Any] | None) -> str:
    spec = (service or {}).get("spec") or {}
    address, ports = str(spec.get("clusterIP") or ""), spec.get("ports") or []
    if not address or address == "None" or not ports:
        return ""
    return f"[{address}]:{ports[0]['port']}" if ":" in address else f"{address}:{ports[0]['port']}"


def _of_config(config: dict[str, Any] | None) -> str:
    """The file is JSON, which is YAML."""
    try:
        found = yaml.safe_load(((config or {}).get("data") or {}).get("config.yaml") or "")
    except yaml.YAMLError:
        return ""
    policy = found.get("imagePolicyConfig") if isinstance(found, dict) else None
    return str(policy.get("internalRegistryHostname") or "") if isinstance(policy, dict) else ""
