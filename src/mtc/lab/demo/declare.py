"""Declare the clusters, the storage and the plan, as a person would with kubectl, and wait until each is Ready."""

import base64
from pathlib import Path
from typing import Any

import yaml

from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.kube.resources import ResourceType
from mtc.lab.demo.setting import HOST, PLAN, REMOTE, SHOP, STORAGE, TOOLKIT, Setting
from mtc.lab.demo.until import Objects, has_condition, until

_READY_S = 120.0
_TOKEN_LIFE = "720h"  # noqa: S105 - a duration
_TOKEN_SECRET = "source-token"  # noqa: S105 - a name
_KEYS_SECRET = "lab-repository-keys"  # noqa: S105 - a name


async def clusters(setting: Setting) -> None:
    """Have a MigCluster of the source; the one of the host comes with the installation. Returns when both are Ready."""
    token = await setting.kubectl(
        setting.source, "-n", TOOLKIT, "create", "token", names.CONTROLLER_NAME, f"--duration={_TOKEN_LIFE}", "--request-timeout=20s"
    )
    await _config_namespace(setting)
    await _apply(setting, resources.SECRETS, _secret(_TOKEN_SECRET, {names.SA_TOKEN_KEY: token.strip()}))
    spec = {
        "isHostCluster": False,
        "url": setting.source.access.server,
        "caBundle": _authority(setting),
        "serviceAccountSecretRef": {"name": _TOKEN_SECRET, "namespace": names.CONFIG_NAMESPACE},
    }
    await _apply(setting, resources.MIG_CLUSTERS, _object(resources.MIG_CLUSTERS, REMOTE, spec))
    await _until_ready(setting, resources.MIG_CLUSTERS, HOST, REMOTE)


async def storage(setting: Setting) -> None:
    """Have a MigStorage for the lab's bucket; returns when it is Ready."""
    values = setting.values
    keys = {
        names.AWS_ACCESS_KEY_ID_KEY: values["AWS_ACCESS_KEY_ID"],
        names.AWS_SECRET_ACCESS_KEY_KEY: values["AWS_SECRET_ACCESS_KEY"],
    }
    await _apply(setting, resources.SECRETS, _secret(_KEYS_SECRET, keys))
    reference = {"name": _KEYS_SECRET, "namespace": names.CONFIG_NAMESPACE}
    spec = {
        "backupStorageProvider": "aws",
        "backupStorageConfig": {
            "awsBucketName": values["MTC_LAB_S3_BUCKET"],
            "awsRegion": values["AWS_REGION"],
            "awsS3Url": values["MTC_LAB_S3_ENDPOINT"],
            "credsSecretRef": reference,
        },
        "volumeSnapshotProvider": "aws",
        "volumeSnapshotConfig": {"awsRegion": values["AWS_REGION"], "credsSecretRef": reference},
    }
    await _apply(setting, resources.MIG_STORAGES, _object(resources.MIG_STORAGES, STORAGE, spec))
    await _until_ready(setting, resources.MIG_STORAGES, STORAGE)


async def plan(setting: Setting) -> Object:
    """Have a plan for the shop that copies volumes through the bucket; the plan, when it is Ready."""
    spec = {
        "srcMigClusterRef": _reference(REMOTE),
        "destMigClusterRef": _reference(HOST),
        "migStorageRef": _reference(STORAGE),
        "namespaces": [SHOP],
        "indirectVolumeMigration": True,
        # Without ImageStreams there are no images to copy: Kubernetes pulls them from where they are.
        "indirectImageMigration": True,
    }
    await _apply(setting, resources.MIG_PLANS, _object(resources.MIG_PLANS, PLAN, spec))
    await _until_ready(setting, resources.MIG_PLANS, PLAN)
    return await setting.target.get(resources.MIG_PLANS, PLAN, namespace=TOOLKIT)


def complaints(item: Object | None, *categories: str) -> list[str]:
    """Messages of the conditions of these categories: without any, of those that keep an object, or a migration, from going on."""
    wanted = categories or ("Critical", "Error")
    conditions = ((item or {}).get("status") or {}).get("conditions") or []
    return [
        f"{condition['type']}: {condition.get('message') or condition.get('reason') or 'no message'}"
        for condition in conditions
        if condition.get("status") == "True" and condition.get("category") in wanted
    ]


async def _until_ready(setting: Setting, kind: ResourceType, *wanted: str) -> None:
    def missing(objects: Objects) -> list[str]:
        found = {name: objects.get(f"{TOOLKIT}/{name}") for name in wanted}
        return [_why(kind, name, item) for name, item in found.items() if not has_condition(item, "Ready")]

    await until(setting.target, kind, missing, namespace=TOOLKIT, deadline_s=_READY_S)


def _why(kind: ResourceType, name: str, item: Object | None) -> str:
    if item is None:
        return f"there is no {kind.kind} {name}"
    said = complaints(item) or ["it has no conditions yet: does the controller run?"]
    return f"{kind.kind} {name} is not Ready ({'; '.join(said)})"


async def _config_namespace(setting: Setting) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": names.CONFIG_NAMESPACE}}
    await setting.target.apply(resources.NAMESPACES, body, manager="mtc-demo")


async def _apply(setting: Setting, kind: ResourceType, body: Object) -> None:
    await setting.target.apply(kind, body, manager="mtc-demo")


def _object(kind: ResourceType, name: str, spec: dict[str, Any]) -> Object:
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name, "namespace": TOOLKIT}, "spec": spec}


def _secret(name: str, values: dict[str, str]) -> Object:
    data = {key: base64.b64encode(value.encode()).decode("ascii") for key, value in values.items()}
    meta = {"name": name, "namespace": names.CONFIG_NAMESPACE}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "Opaque", "data": data}


def _reference(name: str) -> dict[str, str]:
    return {"name": name, "namespace": TOOLKIT}


def _authority(setting: Setting) -> str:
    """The certificate authority of the source's API server, as its kubeconfig has it."""
    document = yaml.safe_load(Path(setting.kubeconfig(setting.source)).read_bytes())
    return str(document["clusters"][0]["cluster"]["certificate-authority-data"])
