"""Which restored volumes stay empty although the backup was to keep their data: a restore must not end as if all were well. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from mtc.api import names
from mtc.kube.client import Object

_METHOD = "PodVolumeBackup"
_AGAIN = "Take a new backup, or bring its data yourself."


def of_claim(where: str, info: Mapping[str, Any] | None, copies: Iterable[Object]) -> str:
    """Why a claim that is made anew stays empty; "" where it is filled, or there was nothing to keep.

    Args:
        where: the claim, for the message.
        info: the backup's volume info of its volume.
        copies: the PodVolumeBackups of the claim.
    """
    found = list(copies)
    # One that is Completed without a snapshot has found an empty volume.
    if any(_phase(copy) == "Completed" for copy in found):
        return ""
    if found:
        return f"{where} is empty: {_told(found[0])} {_AGAIN}"
    method = str((info or {}).get("backupMethod") or "")
    if not method or (info or {}).get("skipped"):
        return ""
    if method != _METHOD:
        return (
            f"{where} is empty: the backup holds its data as {method}, which this engine cannot restore. Restore it with Velero and the "
            "plug-in that made it, or take a backup that copies files (defaultVolumesToFsBackup)."
        )
    return f"{where} is empty: the backup has no PodVolumeBackup with its data. {_AGAIN}"


def of_pod(pod: Object, copies: Iterable[Object]) -> list[str]:
    """What is told of a restored pod whose own volumes, those without a claim, stay empty."""
    own = {volume["name"] for volume in pod["spec"].get("volumes") or [] if not volume.get("persistentVolumeClaim")}
    where = f"of pod {pod['metadata'].get('namespace')}/{pod['metadata']['name']}"
    return [
        f"Volume {copy['spec']['volume']} {where} is empty: {_told(copy)} {_AGAIN}"
        for copy in copies
        if copy["spec"]["volume"] in own and _phase(copy) != "Completed"
    ]


def by_claim(copies: Iterable[Object]) -> dict[tuple[str, str], list[Object]]:
    """The PodVolumeBackups by (namespace, name) of the claim that they say they are of."""
    found: dict[tuple[str, str], list[Object]] = {}
    for copy in copies:
        if name := (copy["metadata"].get("annotations") or {}).get(names.PVC_NAME):
            found.setdefault((copy["spec"]["pod"]["namespace"], str(name)), []).append(copy)
    return found


def named(info: Mapping[str, Any] | None, copies: Iterable[Object]) -> list[Object]:
    """The PodVolumeBackups that the volume info speaks of, for those that do not name their claim."""
    said = (info or {}).get("pvbInfo") or {}
    wanted = (said.get("podNamespace"), said.get("podName"), said.get("volumeName"))
    return [copy for copy in copies if (copy["spec"]["pod"]["namespace"], copy["spec"]["pod"]["name"], copy["spec"]["volume"]) == wanted]


def _phase(copy: Object) -> str:
    return str((copy.get("status") or {}).get("phase") or "")


def _told(copy: Object) -> str:
    message = (copy.get("status") or {}).get("message") or "no message"
    ended = _phase(copy) or "never began"
    return f"PodVolumeBackup {copy['metadata']['name']} of the backup is {ended}: {message}."
