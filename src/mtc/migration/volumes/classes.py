"""Storage classes: what volumes of a class can do, and which class of the target a volume is proposed to get."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mtc.kube.client import Object

_DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
_PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
CEPHFS, RBD = "cephfs.csi.ceph.com", "rbd.csi.ceph.com"
RWO, ROX, RWX = "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"
FILESYSTEM, BLOCK = "Filesystem", "Block"

_ALL = (RWO, ROX, RWX)
# Provisioners with the access modes of file systems and of block devices of their volumes.
_Modes = tuple[tuple[str, ...], tuple[str, ...]]
_BY_NAME: dict[str, _Modes] = {
    **dict.fromkeys((f"kubernetes.io/{name}" for name in ("aws-ebs", "azure-disk", "cinder", "vsphere-volume", "storageos")), ((RWO,), ())),
    **dict.fromkeys((f"kubernetes.io/{name}" for name in ("azure-file", "glusterfs", "quobyte")), (_ALL, ())),
    **dict.fromkeys((f"kubernetes.io/{name}" for name in ("gce-pd", "rbd", "scaleio")), ((RWO, ROX), ())),
    "kubernetes.io/portworx-volume": ((RWO, RWX), ()),
    "netapp.io/trident": ((RWO, ROX), _ALL),
    "csi.kubevirt.io": ((RWO,), (RWO,)),
}
_BY_SUFFIX: dict[str, _Modes] = {RBD: ((RWO,), _ALL), CEPHFS: (_ALL, ())}
_GLUSTER_BLOCK = "gluster.org/glusterblock"


@dataclass(frozen=True)
class StorageClass:
    """A storage class of a cluster.

    Attributes:
        name, provisioner: as in the cluster.
        default: whether claims without a class get it.
        modes: access modes by volume mode.
    """

    name: str
    provisioner: str
    default: bool = False
    modes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As in the status of a plan."""
        modes = [{"volumeMode": mode, "accessModes": list(access)} for mode, access in self.modes.items()]
        return {"name": self.name, "provisioner": self.provisioner, "default": self.default, "volumeAccessModes": modes}


def parse(item: Object) -> StorageClass:
    """The storage class in an object of the cluster."""
    meta = item["metadata"]
    provisioner = str(item.get("provisioner") or "")
    marks = meta.get("annotations") or {}
    is_default = any(str(marks.get(name, "")).lower() == "true" for name in _DEFAULT)
    return StorageClass(meta["name"], provisioner, is_default, access_modes(provisioner))


def access_modes(provisioner: str) -> dict[str, tuple[str, ...]]:
    """What volumes of a provisioner can do, by volume mode; what is not known can be mounted once."""
    filesystem, block = _modes(provisioner)
    return {FILESYSTEM: filesystem} | ({BLOCK: block} if block else {})


def _modes(provisioner: str) -> _Modes:
    if provisioner.startswith(_GLUSTER_BLOCK):
        return (RWO, ROX), ()
    for suffix, modes in _BY_SUFFIX.items():
        if provisioner.endswith(suffix):
            return modes
    return _BY_NAME.get(provisioner, ((RWO,), ()))


def class_of(pv: Object) -> str:
    """Name of a volume's storage class, "" where it has none."""
    old = (pv["metadata"].get("annotations") or {}).get(CLASS_ANNOTATION)
    return str(pv["spec"].get("storageClassName") or old or "")


def provisioner_of(pv: Object, classes: Iterable[StorageClass]) -> str:
    """Who made a volume: by its class, else by the mark that provisioners leave."""
    name = class_of(pv)
    found = next((item.provisioner for item in classes if item.name == name), "")
    return found or str((pv["metadata"].get("annotations") or {}).get(_PROVISIONED_BY, ""))


def is_gluster(pv: Object, provisioner: str) -> bool:
    """Whether a volume lies on GlusterFS."""
    by_provisioner = provisioner == "kubernetes.io/glusterfs" or provisioner.startswith(_GLUSTER_BLOCK)
    return by_provisioner or "glusterfs" in pv["spec"]


def wants_ceph(pv: Object, provisioner: str) -> bool:
    """Whether a volume lies on a file service that targets rarely have, and for which Ceph is the usual successor."""
    return is_gluster(pv, provisioner) or "nfs" in pv["spec"]


def ceph_for(modes: Sequence[str], targets: Iterable[StorageClass]) -> StorageClass | None:
    """The Ceph class that fits access modes; None where the target has none."""
    suffix = RBD if RWO in modes and RWX not in modes else CEPHFS
    return next((item for item in targets if item.provisioner.endswith(suffix)), None)


def propose(pv: Object, modes: Sequence[str], sources: Sequence[StorageClass], targets: Sequence[StorageClass]) -> str:
    """Name of the class of the target that a volume is proposed to get, "" where the target has no default either.

    Args:
        pv: the volume.
        modes: access modes of its claim.
        sources: storage classes of the source.
        targets: storage classes of the target.
    """
    provisioner = provisioner_of(pv, sources)
    fallback = next((item.name for item in targets if item.default), "")
    if wants_ceph(pv, provisioner):
        chosen = ceph_for(modes, targets)
        return chosen.name if chosen else fallback
    alike = [item.name for item in targets if provisioner and item.provisioner == provisioner]
    if not alike:
        return fallback
    name = class_of(pv)
    return name if name in alike else alike[0]


def without_ceph(
    found: Iterable[tuple[Object, Object]], sources: Sequence[StorageClass], targets: Sequence[StorageClass]
) -> frozenset[str]:
    """Names of the volumes on GlusterFS, out of volumes with their claims, for which the target has no fitting Ceph class."""
    names = set()
    for pv, pvc in found:
        modes = pvc["spec"].get("accessModes") or []
        if is_gluster(pv, provisioner_of(pv, sources)) and ceph_for(modes, targets) is None:
            names.add(pv["metadata"]["name"])
    return frozenset(names)
