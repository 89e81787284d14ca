"""The Secret of the MigStorage lacks the keys that belong into it."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    world = ground.world
    await world.declare_clusters()
    await world.make(resources.SECRETS, "keys", data={"something-else": planes.encoded("value-of-something")})
    config = {"awsBucketName": "b", "awsS3Url": ground.s3.url, "awsRegion": "us-east-1", "credsSecretRef": world.reference("keys")}
    await world.make(resources.MIG_STORAGES, "repo", spec={"backupStorageProvider": "aws", "backupStorageConfig": config})
    return "migstorage/repo"


FAILURE = Failure(_inject, "bucket-secret", ("Secret", "keys"), "aws-access-key-id", in_each_run=True)
