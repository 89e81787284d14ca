"""Applications to migrate, as plain manifests, and what lies on their volumes.

Their containers only sleep, so that a volume of the target shows what was restored and nothing else.
"""

# Names of files are bytes here, which pathlib does not know.
# ruff: noqa: PTH118, PTH123
import asyncio
import os
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kit import trees
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

_MEBIBYTE = 2**20


def item(kind: ResourceType, namespace: str, name: str, **content: Any) -> Object:
    """An object of an application."""
    meta: Object = {"name": name, "labels": {"app.kubernetes.io/part-of": "test-application"}, **content.pop("metadata", {})}
    if kind.namespaced:
        meta["namespace"] = namespace
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, **content}


def namespace(name: str) -> Object:
    """A namespace that nobody prepared."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "annotations": {"example.com/team": "ünïcode"}}}


def claim(space: str, name: str, *, size: str = "1Gi", **more: Any) -> Object:
    """A PersistentVolumeClaim, of the default class unless its spec says more."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **more}
    return item(resources.PERSISTENT_VOLUME_CLAIMS, space, name, spec=spec)


def pod_spec(image: str, *, claims: Iterable[str] = (), command: Iterable[str] = ("sleep", "infinity"), **more: Any) -> Object:
    """A pod that mounts claims and sleeps."""
    claims = list(claims)
    container = {
        "name": "app",
        "image": image,
        "command": list(command),
        "volumeMounts": [{"name": name, "mountPath": f"/volumes/{name}"} for name in claims],
    }
    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]
    return {"terminationGracePeriodSeconds": 0, "containers": [container], "volumes": volumes, **more}


def _template(name: str, spec: Object) -> Object:
    return {"metadata": {"labels": {"app": name}}, "spec": spec}


def deployment(space: str, name: str, image: str, *, claims: Iterable[str] = (), replicas: int = 1) -> Object:
    """A Deployment."""
    selector, strategy = {"matchLabels": {"app": name}}, {"type": "Recreate"}
    template = _template(name, pod_spec(image, claims=claims))
    spec = {"replicas": replicas, "selector": selector, "strategy": strategy, "template": template}
    return item(resources.DEPLOYMENTS, space, name, spec=spec)


def stateful_set(space: str, name: str, image: str, *, template: str, replicas: int, size: str = "4Gi") -> Object:
    """A StatefulSet whose pods have a claim each, `<template>-<name>-<number>`."""
    pod = pod_spec(image)
    pod["containers"][0]["volumeMounts"] = [{"name": template, "mountPath": f"/volumes/{template}"}]
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    spec = {
        "replicas": replicas,
        "serviceName": name,
        "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": {"app": name}},
        "template": _template(name, pod),
        "volumeClaimTemplates": [{"metadata": {"name": template}, "spec": wanted}],
    }
    return item(resources.STATEFUL_SETS, space, name, spec=spec)


def daemon_set(space: str, name: str, image: str) -> Object:
    """A DaemonSet."""
    spec = {"selector": {"matchLabels": {"app": name}}, "template": _template(name, pod_spec(image))}
    return item(resources.DAEMON_SETS, space, name, spec=spec)


def job(space: str, name: str, image: str, *, claims: Iterable[str] = ()) -> Object:
    """A Job that is soon done."""
    spec = pod_spec(image, claims=claims, command=["true"], restartPolicy="Never")
    return item(resources.JOBS, space, name, spec={"template": {"spec": spec}})


def cron_job(space: str, name: str, image: str) -> Object:
    """A CronJob that is not due."""
    spec = pod_spec(image, command=["true"], restartPolicy="Never")
    return item(resources.CRON_JOBS, space, name, spec={"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": {"spec": spec}}}})


def bare_pod(space: str, name: str, image: str, *, claims: Iterable[str] = ()) -> Object:
    """A pod that nothing owns."""
    return item(resources.PODS, space, name, spec=pod_spec(image, claims=claims))


def settings(space: str, count: int) -> list[Object]:
    """ConfigMaps, so that a Backup has something to do."""
    data = {"text": "設定 ✓ <&>\nsecond line\n"}
    return [item(resources.CONFIG_MAPS, space, f"setting-{number}", data={**data, "number": str(number)}) for number in range(count)]


async def create_settings(cluster: Client, space: str, count: int) -> None:
    """The same, made quickly."""
    places = asyncio.Semaphore(32)

    async def one(body: Object) -> None:
        async with places:
            await cluster.create_raw(resources.CONFIG_MAPS, body)

    async with asyncio.TaskGroup() as group:
        for body in settings(space, count):
            group.create_task(one(body))


def surroundings(space: str) -> list[Object]:
    """Objects of more kinds: what an application has besides its pods."""
    rbac = "rbac.authorization.k8s.io"
    role = ResourceType(rbac, "v1", "roles", "Role")
    binding = ResourceType(rbac, "v1", "rolebindings", "RoleBinding")
    budget = ResourceType("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget")
    ingress = ResourceType("networking.k8s.io", "v1", "ingresses", "Ingress")
    policy = ResourceType("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    return [
        item(resources.SECRETS, space, "keys", stringData={"password": "s3cr3t ✓", "empty": ""}),
        item(resources.SERVICE_ACCOUNTS, space, "runner"),
        item(resources.SERVICES, space, "web", spec={"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}),
        item(resources.SERVICES, space, "db", spec={"clusterIP": "None", "selector": {"app": "db"}, "ports": [{"port": 5432}]}),
        item(role, space, "reader", rules=[{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]),
        item(
            binding,
            space,
            "runner-reads",
            roleRef={"apiGroup": rbac, "kind": "Role", "name": "reader"},
            subjects=[{"kind": "ServiceAccount", "name": "runner", "namespace": space}],
        ),
        item(budget, space, "web", spec={"minAvailable": 0, "selector": {"matchLabels": {"app": "web"}}}),
        item(ingress, space, "web", spec={"defaultBackend": backend}),
        item(policy, space, "deny", spec={"podSelector": {"matchLabels": {"app": "nothing"}}, "policyTypes": ["Ingress"]}),
        *settings(space, 20),
    ]


# --- what lies on volumes -------------------------------------------------------------------------------------------------


def fill_odd(folder: Path) -> None:
    """One of everything that makes copying hard, and a root folder that is not as new ones are."""
    trees.fill(folder)
    os.setxattr(folder, "user.of-root", b"\x00root")
    os.chown(folder, 4000, 4001)
    folder.chmod(0o2751)
    _old(folder)


def fill_many(folder: Path, count: int) -> None:
    """So many small files."""
    base = os.fsencode(folder)
    for number in range(count):
        below = os.path.join(base, b"%03d" % (number % 200))
        if number < 200:
            Path(os.fsdecode(below)).mkdir()
        with open(os.path.join(below, b"file-%d" % number), "wb") as file:
            file.write(b"content of file %d\n" % number * (number % 4))
    _old(folder)


def fill_big(folder: Path, *, random_mebibytes: int, plain_mebibytes: int = 0) -> None:
    """One file: random bytes, then bytes that can be compressed, the same in each MiB but for its number."""
    filler = random.Random("filler").randbytes(1024) * 1023 + bytes(1008)
    with (folder / "big").open("wb") as file:
        for _ in range(random_mebibytes):
            file.write(os.urandom(_MEBIBYTE))
        for block in range(plain_mebibytes):
            file.write(b"%016d" % block + filler)
    _old(folder)


def fill_few(folder: Path, texts: Mapping[str, str]) -> None:
    """Plain files."""
    for name, text in texts.items():
        (folder / name).write_text(text)


def _old(folder: Path) -> None:
    os.utime(folder, ns=(10**9, 1_300_000_000_111_222_333))
