"""PvCopyMethodUnfit: a method copies what a volume is made of, files or blocks, and a snapshot needs the same kind of storage."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action, CopyMethod, PlanPv
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope
from mtc.migration.volumes.classes import BLOCK, StorageClass

_TYPE = conditions.PV_COPY_METHOD_UNFIT
#: Drivers inside of Kubernetes and those that took their place: the same disks, so the same snapshots.
_SUCCESSORS = {
    "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
    "kubernetes.io/azure-disk": "disk.csi.azure.com",
    "kubernetes.io/cinder": "cinder.csi.openstack.org",
    "kubernetes.io/gce-pd": "pd.csi.storage.gke.io",
    "kubernetes.io/vsphere-volume": "csi.vsphere.vmware.com",
}


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    wrong = {volume.name: why for volume in scope.of_action(Action.COPY) if (why := misfit(scope, volume))}
    if not wrong:
        return []
    message = (
        f"The selection.copyMethod of volumes [] of MigPlan {scope.ref} does not fit them: "
        f"{'; '.join(f'{name} {why}' for name, why in wrong.items())}. Choose another method, or another storage class."
    )
    return [checks.warn(_TYPE, conditions.NOT_SUPPORTED, message, items=wrong)]


def misfit(scope: Scope, volume: PlanPv) -> str:
    """Why the chosen method cannot copy a volume between these clusters, "" where nothing is known against it."""
    method, is_block = volume.selection.copy_method, volume.pvc.volume_mode == BLOCK
    if method == CopyMethod.FILESYSTEM and is_block:
        return "is a block device, without files to copy"
    if method == CopyMethod.BLOCK and not is_block:
        return "has a file system, and only block devices are copied block by block"
    if method != CopyMethod.SNAPSHOT:
        return ""
    before = next((item for item in scope.sources if item.name == volume.storage_class), None)
    after = scope.target_class(volume)
    if before is None or after is None or _driver(before) == _driver(after):
        return ""
    return f"is on storage of {before.provisioner}, whose snapshots storage of {after.provisioner} cannot restore"


def _driver(storage_class: StorageClass) -> str:
    return _SUCCESSORS.get(storage_class.provisioner, storage_class.provisioner)


CHECK = checks.Check(order=105, types=(_TYPE,), run=_run)
