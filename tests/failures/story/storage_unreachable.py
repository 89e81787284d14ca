"""Nobody listens at the URL of the MigStorage."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    world = ground.world
    await world.declare_clusters()
    await world.make(resources.SECRETS, "keys", data=planes.s3_credentials("test-secret-key"))
    config = {"awsBucketName": "b", "awsS3Url": "http://127.0.0.1:9", "awsRegion": "us-east-1", "credsSecretRef": world.reference("keys")}
    await world.make(resources.MIG_STORAGES, "repo", spec={"backupStorageProvider": "aws", "backupStorageConfig": config})
    return "migstorage/repo"


FAILURE = Failure(_inject, "bucket-unreachable", ("MigStorage", "repo"), "mtc describe migstorage repo", in_each_run=True)
