"""Where the kubelet keeps a pod's volume on its node: `<pods folder>/<pod uid>/volumes/<plug-in>/<name>`.

The name is that of the volume in the pod, or of the PersistentVolume behind a claim; volumes of CSI drivers have the data one
level deeper. The folder tells whose driver it is: of a volume that an old plug-in made a CSI driver may have taken over. Source: the host path rules of Velero's file-system backup.
"""

from pathlib import Path
from typing import Any

from mtc.engine.errors import EngineError
from mtc.kube import resources
from mtc.kube.client import Client, Object

#: Volumes whose content is made by the kubelet, or belongs to the node.
_CSI = "kubernetes.io~csi"
_NOT_DATA = ("configMap", "secret", "projected", "downwardAPI", "hostPath")


class VolumeTrouble(EngineError):
    """The pod or its volume is gone, or its data cannot be moved."""

    reason = "VolumeUnavailable"


async def pod_of(cluster: Client, reference: Object) -> Object:
    """The pod that a PodVolumeBackup or PodVolumeRestore names. Raises VolumeTrouble when that very pod is gone."""
    namespace, name, uid = reference.get("namespace", ""), reference.get("name", ""), reference.get("uid", "")
    pod = await cluster.find(resources.PODS, name, namespace=namespace)
    if pod is None or (uid and pod["metadata"]["uid"] != uid):
        again = "" if pod is None else " A pod of the same name exists, but it is another one."
        msg = f"Pod {namespace}/{name} with uid {uid} no longer exists on cluster {cluster.name}.{again} Run the backup or restore again."
        raise VolumeTrouble(msg)
    return pod


async def folder_of(cluster: Client, pods_folder: Path, pod: Object, volume_name: str) -> Path:
    """The folder with the volume's data. Raises VolumeTrouble when there is none, or more than one."""
    meta = pod["metadata"]
    where = f"volume {volume_name} of pod {meta['namespace']}/{meta['name']}"
    volume = next((item for item in pod["spec"].get("volumes") or [] if item["name"] == volume_name), None)
    if volume is None:
        msg = f"There is no {where}: the pod has no volume of that name. Correct the name in the annotation or PodVolumeBackup."
        raise VolumeTrouble(msg)
    if kind := next((kind for kind in _NOT_DATA if kind in volume), None):
        msg = f"The data of {where} cannot be moved, because it is a {kind} volume. Leave it out."
        raise VolumeTrouble(msg)
    name = await _kubelet_name(cluster, meta, volume, where)
    base = pods_folder / str(meta["uid"])
    found = sorted(place / "mount" if place.parent.name == _CSI else place for place in base.glob(f"volumes/*/{name}"))
    if len(found) == 1 and found[0].is_dir():
        return found[0]
    if len(found) > 1:
        msg = f"The folder of {where} cannot be told: {', '.join(map(str, found))} all have its name."
        raise VolumeTrouble(msg)
    if (base / "volumeDevices").is_dir() and any(base.glob(f"volumeDevices/*/{name}")):
        msg = f"The data of {where} cannot be moved, because it is a block device without a file system. Leave it out, or use snapshots."
        raise VolumeTrouble(msg)
    msg = (
        f"The folder of {where} is not below {base}/volumes on this node. Is the pod running here, is its volume mounted, "
        f"and does the node agent see the kubelet's folder of pods?"
    )
    raise VolumeTrouble(msg)


async def _kubelet_name(cluster: Client, meta: dict[str, Any], volume: Object, where: str) -> str:
    """Name of the folder."""
    claim_name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
    if "ephemeral" in volume:
        claim_name = f"{meta['name']}-{volume['name']}"
    if not claim_name:
        return str(volume["name"])
    claim = await cluster.find(resources.PERSISTENT_VOLUME_CLAIMS, claim_name, namespace=meta["namespace"])
    if claim is None or not claim["spec"].get("volumeName"):
        state = "does not exist" if claim is None else "is not bound to a PersistentVolume"
        msg = f"The data of {where} cannot be found: PersistentVolumeClaim {meta['namespace']}/{claim_name} {state}."
        raise VolumeTrouble(msg)
    name = str(claim["spec"]["volumeName"])
    bound = await cluster.find(resources.PERSISTENT_VOLUMES, name)
    if bound is None:
        msg = f"The data of {where} cannot be found: PersistentVolume {name} does not exist."
        raise VolumeTrouble(msg)
    if "hostPath" in bound["spec"]:
        msg = f"The data of {where} cannot be moved: PersistentVolume {name} is a hostPath, whose folder belongs to the node. Leave it out."
        raise VolumeTrouble(msg)
    return name
