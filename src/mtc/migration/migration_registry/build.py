"""Secret, Deployment and Service of a migration registry, as they are sent to the API server. Pure."""

import base64
from dataclasses import dataclass
from typing import Any

from mtc.api import names
from mtc.api.settings.model import ClusterSettings
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration.migration_registry import parts
from mtc.migration.providers import RegistryStorage

PORT = 5000
_PORT_NAME = f"{PORT}-tcp"
_CONTAINER = "registry"
_DATA, _STORAGE = "registry-data", "registry-storage"
_HEALTH = "/v2/_catalog?n=5"
_PERIOD_S, _FIRST_AFTER_S = 5, 15
#: On the pods: they are made anew when the Secret has changed.
_VERSION = "migration.openshift.io/registry-secret-version"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a registry has to be like on a cluster.

    Attributes:
        namespace: of the toolkit.
        plan_uid: UID of the plan.
        storage: where it keeps its images.
        settings: of the cluster.
        proxy: name of the Secret that says which proxy to use, "" for none.
    """

    namespace: str
    plan_uid: str
    storage: RegistryStorage
    settings: ClusterSettings
    proxy: str = ""


def folder(storage_name: str, storage_uid: str) -> str:
    """The folder of all registries in a bucket."""
    return f"/{storage_name}-registry-{storage_uid}"


def secret_data(wanted: Wanted) -> dict[str, str]:
    """`data` of its Secret."""
    return {key: base64.b64encode(value).decode() for key, value in wanted.storage.data.items()}


def secret(wanted: Wanted) -> Object:
    """Its Secret, whose name the server makes up; all other parts take that name."""
    meta = {
        "namespace": wanted.namespace,
        "generateName": names.registry_generate_name(wanted.plan_uid),
        "labels": parts.labels(wanted.plan_uid),
    }
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "Opaque", "data": secret_data(wanted)}


def service(wanted: Wanted, name: str) -> Object:
    """Its Service."""
    kind = resources.SERVICES
    spec = {"ports": [{"name": _PORT_NAME, "port": PORT, "targetPort": PORT, "protocol": "TCP"}], "selector": _selector(name)}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": _meta(wanted, name), "spec": spec}


def deployment(wanted: Wanted, name: str, *, version: str) -> Object:
    """Its Deployment, with one pod, which ends before another begins.

    Args:
        wanted: what it has to be like.
        name: of its Secret.
        version: resourceVersion of that.
    """
    kind = resources.DEPLOYMENTS
    template = {
        "metadata": {
            "labels": {**parts.labels(wanted.plan_uid), **_selector(name)},
            "annotations": {_VERSION: version},
        },
        "spec": {"containers": [_container(wanted, name)], "volumes": _volumes(wanted, name)},
    }
    spec = {"replicas": 1, "selector": {"matchLabels": _selector(name)}, "strategy": {"type": "Recreate"}, "template": template}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": _meta(wanted, name), "spec": spec}


def _meta(wanted: Wanted, name: str) -> Object:
    return {"namespace": wanted.namespace, "name": name, "labels": {**parts.labels(wanted.plan_uid), "app": name}}


def _selector(name: str) -> dict[str, str]:
    return {"app": name, "deployment": name}


def _container(wanted: Wanted, name: str) -> Object:
    storage, settings = wanted.storage, wanted.settings
    env: list[Object] = [{"name": key, "value": value} for key, value in storage.env.items()]
    # Otherwise it sends whoever pulls to the bucket, which only the registry need reach and trust.
    env.append({"name": "REGISTRY_STORAGE_REDIRECT_DISABLE", "value": "true"})
    env += [{"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}} for variable, key in storage.secret_env.items()]
    mounts: list[Object] = [{"name": _DATA, "mountPath": "/var/lib/registry"}]
    mounts += [{"name": _STORAGE, "mountPath": path, "subPath": key, "readOnly": True} for key, path in storage.files.items()]
    container: Object = {
        "name": _CONTAINER,
        "image": settings.registry_image,
        "ports": [{"containerPort": PORT, "protocol": "TCP"}],
        "env": env,
        "volumeMounts": mounts,
        "readinessProbe": _probe(settings.registry_readiness_timeout),
        "livenessProbe": _probe(settings.registry_liveness_timeout),
    }
    return container | ({"envFrom": [{"secretRef": {"name": wanted.proxy}}]} if wanted.proxy else {})


def _probe(timeout_s: int) -> Object:
    path = {"path": _HEALTH, "port": PORT, "scheme": "HTTP"}
    return {"httpGet": path, "timeoutSeconds": timeout_s, "periodSeconds": _PERIOD_S, "initialDelaySeconds": _FIRST_AFTER_S}


def _volumes(wanted: Wanted, name: str) -> list[Any]:
    found: list[Any] = [{"name": _DATA, "emptyDir": {}}]
    if wanted.storage.files:
        items = [{"key": key, "path": key} for key in wanted.storage.files]
        found.append({"name": _STORAGE, "secret": {"secretName": name, "items": items}})
    return found
