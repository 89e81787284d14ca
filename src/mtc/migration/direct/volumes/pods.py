"""The bodies of the pods that receive and send. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mtc.api import helper_containers, names
from mtc.api.migration.directvolumemigration import PvcToMigrate
from mtc.kube.client import Object
from mtc.migration.direct.volumes import settings_files
from mtc.migration.direct.volumes.scope import Scope, source_of, target_of
from mtc.migration.direct.volumes.security import Rights
from mtc.migration.stage_pods import build

SERVER_NAME = "rsync-server"
SENDER_PREFIX = "rsync-"
SERVER_FILES, SENDER_FILES = "directvolumemigration-rsync-server", "directvolumemigration-rsync-client"
ROLE, SERVER, SENDER = "role", "server", "client"
_FILES = "files"
Quantities = Mapping[str, str]


@dataclass(frozen=True)
class Needs:
    """What a container asks for and may have at most."""

    requests: Quantities
    limits: Quantities

    def within(self, limit_ranges: Iterable[Mapping[str, Any]], *, containers: int) -> dict[str, dict[str, str]]:
        """The field `resources`, as far as the namespace allows it."""
        found = list(limit_ranges)
        limits = helper_containers.requests_for(found, self.limits, containers=containers)
        requests = helper_containers.requests_for(found, self.requests, containers=containers)
        return {"requests": requests, "limits": limits}


def receiver(scope: Scope, namespace: str, *, image: str, rights: Rights, limit_ranges: Iterable[Object], files_version: str) -> Object:
    """The pod of a target namespace: a server of rsync that has all its volumes, and the tunnel in front of it.

    Args:
        scope: the pass.
        namespace: where.
        image: of both containers.
        rights: as whom they run.
        limit_ranges: of the namespace.
        files_version: changes with the files that the pod has.
    """
    mine = [claim for claim in scope.claims if target_of(claim)[0] == namespace]
    settings, found = scope.settings, list(limit_ranges)
    of_rsync = Needs(
        {"cpu": settings.target_cpu_requests, "memory": settings.target_memory_requests},
        {"cpu": settings.target_cpu_limits, "memory": settings.target_memory_limits},
    )
    of_tunnel = Needs(
        {"cpu": settings.stunnel_cpu_requests, "memory": settings.stunnel_memory_requests},
        {"cpu": settings.stunnel_cpu_limits, "memory": settings.stunnel_memory_limits},
    )
    files = {"name": _FILES, "mountPath": settings_files.FILES, "readOnly": True}
    mounts = [
        {"name": f"volume-{index}", "mountPath": settings_files.folder(namespace, settings_files.module_of(claim))}
        for index, claim in enumerate(mine)
    ]
    rsync = [
        "rsync",
        "--daemon",
        "--no-detach",
        "--address=127.0.0.1",
        f"--port={settings_files.RSYNC_PORT}",
        f"--config={settings_files.FILES}/rsyncd.conf",
        "--log-file=/dev/stdout",
    ]
    probe = {"tcpSocket": {"port": settings_files.TUNNEL_PORT}, "periodSeconds": 1}
    containers = [
        {
            **_container("rsync", image, rsync, rights, of_rsync.within(found, containers=2)),
            "volumeMounts": [files, *mounts],
        },
        {
            **_container(
                "stunnel", image, ["stunnel", f"{settings_files.FILES}/stunnel.conf"], rights, of_tunnel.within(found, containers=2)
            ),
            "ports": [{"name": "stunnel", "containerPort": settings_files.TUNNEL_PORT}],
            "readinessProbe": probe,
            "volumeMounts": [files],
        },
    ]
    volumes = [{"name": f"volume-{index}", "persistentVolumeClaim": {"claimName": target_of(claim)[1]}} for index, claim in enumerate(mine)]
    meta = {
        "namespace": namespace,
        "name": SERVER_NAME,
        "labels": {**scope.owned, ROLE: SERVER},
        "annotations": {names.FILES_VERSION: files_version},
    }
    return _pod(meta, containers, [_files(SERVER_FILES), *volumes], rights, restart="OnFailure")


def sender(
    scope: Scope,
    claim: PvcToMigrate,
    *,
    attempt: int,
    image: str,
    rights: Rights,
    limit_ranges: Iterable[Object],
    node: str,
    is_root: bool,
    deletes: bool,
) -> Object:
    """The pod that sends a volume.

    Args:
        scope: the pass.
        claim: which volume.
        attempt: from 1 on.
        image: of its container.
        rights: as whom it runs.
        limit_ranges: of its namespace.
        node: where the volume is mounted already; "" for wherever it fits.
        is_root: whether both ends run as root.
        deletes: whether what the source does not have goes on the target.
    """
    namespace, name = source_of(claim)
    settings = scope.settings
    needs = Needs(
        {"cpu": settings.source_cpu_requests, "memory": settings.source_memory_requests},
        {"cpu": settings.source_cpu_limits, "memory": settings.source_memory_limits},
    )
    folder = settings_files.folder(namespace, name)
    command = ["mtc", "send-volume", folder, "--module", settings_files.module_of(claim), "--files", settings_files.FILES]
    container = {
        **_container(
            "rsync",
            image,
            [*command, *_options(scope, claim, is_root=is_root, deletes=deletes)],
            rights,
            needs.within(limit_ranges, containers=1),
        ),
        "volumeMounts": [
            {"name": _FILES, "mountPath": settings_files.FILES, "readOnly": True},
            # Whatever happens, the source stays as it is.
            {"name": "volume", "mountPath": folder, "readOnly": True},
        ],
    }
    labels = {
        **scope.owned,
        ROLE: SENDER,
        names.CREATED_FOR_PVC: names.pvc_digest(name),
        names.RSYNC_ATTEMPT: str(attempt),
    }
    meta = {"namespace": namespace, "generateName": SENDER_PREFIX, "labels": labels}
    volumes = [_files(SENDER_FILES), {"name": "volume", "persistentVolumeClaim": {"claimName": name}}]
    body = _pod(meta, [container], volumes, rights, restart="Never")
    if node:
        # The application's pod tolerates whatever its node has; who only reads beside it may as well.
        body["spec"] |= {"affinity": build.on_node(node), "tolerations": [{"operator": "Exists"}]}
    return body


def _options(scope: Scope, claim: PvcToMigrate, *, is_root: bool, deletes: bool) -> list[str]:
    settings = scope.settings
    kept = {
        "archive": settings.rsync_opt_archive,
        "hard-links": settings.rsync_opt_hardlinks,
        "partial": settings.rsync_opt_partial,
        "delete": settings.rsync_opt_delete and deletes,
    }
    found = [f"--without={name}" for name, wanted in kept.items() if not wanted]
    found += [f"--option={word}" for word in scope.extras]
    if claim.verify:
        found.append("--checksum")
    if settings.rsync_opt_bwlimit:
        found.append(f"--bandwidth={settings.rsync_opt_bwlimit}")
    if not is_root:
        found.append("--no-root")
    if scope.proves:
        found.append("--prove")
    return found


def _container(name: str, image: str, command: list[str], rights: Rights, resources: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "resources": dict(resources),
        "securityContext": dict(rights.container),
    }


def _files(secret: str) -> dict[str, Any]:
    return {"name": _FILES, "secret": {"secretName": secret, "defaultMode": 0o444}}


def _pod(meta: dict[str, Any], containers: list[dict[str, Any]], volumes: list[dict[str, Any]], rights: Rights, *, restart: str) -> Object:
    spec: dict[str, Any] = {
        "containers": containers,
        "volumes": volumes,
        "restartPolicy": restart,
        "terminationGracePeriodSeconds": 0,
        "enableServiceLinks": False,
        "automountServiceAccountToken": False,
        **({"securityContext": dict(rights.pod)} if rights.pod else {}),
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
