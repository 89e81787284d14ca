"""A location names a bucket that does not exist; it is read only, because this server makes a bucket for whoever writes."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    found = ground.s3.location("nobody-made-this", make=False)
    await ground.world.declare_clusters()
    await ground.make(ground.host, resources.SECRETS, "own-cloud", namespace=ground.world.namespace, data=planes.s3_file(found))
    spec = {
        "provider": "aws",
        "accessMode": "ReadOnly",
        "config": dict(found.config),
        "credential": {"name": "own-cloud", "key": "cloud"},
        "objectStorage": {"bucket": found.bucket, "prefix": found.prefix},
    }
    await ground.make(ground.host, resources.BACKUP_STORAGE_LOCATIONS, "own", namespace=ground.world.namespace, spec=spec)
    return "bsl/own"


FAILURE = Failure(_inject, "bucket-missing", ("BackupStorageLocation", "own"), "create the bucket")
