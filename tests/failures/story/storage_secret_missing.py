"""The Secret that the MigStorage names does not exist."""

from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    world = ground.world
    await world.declare_clusters()
    config = {"awsBucketName": "b", "awsS3Url": ground.s3.url, "awsRegion": "us-east-1", "credsSecretRef": world.reference("absent")}
    await world.make(resources.MIG_STORAGES, "repo", spec={"backupStorageProvider": "aws", "backupStorageConfig": config})
    await ground.application()
    await world.declare_plan("shop", [ground.app])
    return "shop"


FAILURE = Failure(_inject, "bucket-secret", ("Secret", "absent"), "create the Secret", in_each_run=True)
