"""The bucket of a location holds folders of something else."""

from kit import planes
from kit.failures import Failure, Ground
from mtc import store
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    found = ground.s3.location()
    await store.open_location(found).put("holidays/photo", b"x")
    await ground.make(ground.host, resources.SECRETS, "own-cloud", namespace=ground.world.namespace, data=planes.s3_file(found))
    spec = {
        "provider": "aws",
        "config": dict(found.config),
        "credential": {"name": "own-cloud", "key": "cloud"},
        "objectStorage": {"bucket": found.bucket, "prefix": found.prefix},
    }
    await ground.make(ground.host, resources.BACKUP_STORAGE_LOCATIONS, "own", namespace=ground.world.namespace, spec=spec)
    return "bsl/own"


FAILURE = Failure(_inject, "bucket-foreign", ("BackupStorageLocation", "own"), "prefix of its own", in_each_run=True)
