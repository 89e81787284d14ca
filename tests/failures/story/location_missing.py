"""A Backup names a location that does not exist."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await planes.make_namespace(ground.remote, ground.app)
    await ground.world.declare_clusters()
    spec = {"includedNamespaces": [ground.app], "storageLocation": "absent"}
    await ground.make(ground.remote, resources.BACKUPS, "kept", namespace=ground.world.namespace, spec=spec)
    return "backup/kept"


FAILURE = Failure(_inject, "location-missing", ("BackupStorageLocation", ""), "mtc get bsl", in_each_run=True)
