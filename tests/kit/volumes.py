"""Bound claims, volumes and storage classes on a real API server, without anything that provisions them."""

from kit import kubelet
from mtc.kube import resources
from mtc.kube.client import Client, Object


async def make_volume(
    cluster: Client,
    namespace: str,
    name: str,
    source: Object,
    *,
    storage_class: str = "fast",
    size: str = "1Gi",
    volume_mode: str = "Filesystem",
) -> None:
    """A bound claim and its volume."""
    pv: Object = {
        "capacity": {"storage": size},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": storage_class,
        "volumeMode": volume_mode,
        "claimRef": {"namespace": namespace, "name": name},
        **source,
    }
    await cluster.create(
        resources.PERSISTENT_VOLUMES,
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"pv-{namespace}-{name}"}, "spec": pv},
    )
    pvc = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": storage_class,
        "resources": {"requests": {"storage": size}},
        "volumeMode": volume_mode,
        "volumeName": f"pv-{namespace}-{name}",
    }
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": namespace}, "spec": pvc}
    await cluster.create(resources.PERSISTENT_VOLUME_CLAIMS, body)


async def make_mounted(cluster: Client, namespace: str, name: str, *, storage_class: str = "fast", node: str = "nowhere") -> None:
    """The same with a pod that mounts it, and runs on that node; by default on one that is not there."""
    csi = {"csi": {"driver": "csi.example.org", "volumeHandle": f"{namespace}-{name}"}}
    await make_volume(cluster, namespace, name, csi, storage_class=storage_class)
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": name}}
    await kubelet.run_pod(cluster, node, namespace, f"with-{name}", spec={"volumes": [volume]})


async def make_class(cluster: Client, name: str, provisioner: str, *, default: bool = False) -> None:
    """A storage class."""
    kind = resources.STORAGE_CLASSES
    marks = {"storageclass.kubernetes.io/is-default-class": str(default).lower()}
    body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name, "annotations": marks}, "provisioner": provisioner}
    await cluster.create(kind, body)
