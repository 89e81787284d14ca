"""The archive of a Backup was deleted from the bucket."""

from kit.failures import Failure, Ground
from mtc import store
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await ground.world.declare_clusters()
    await ground.restored((resources.CONFIG_MAPS, "settings", {"data": {"colour": "blue"}}))
    assert ground.location is not None
    bucket = store.open_location(ground.location)
    keys = [key async for key in bucket.keys("backups/kept/") if key.endswith("kept.tar.gz")]
    assert keys
    await bucket.delete(keys)
    return await ground.restore("again")


FAILURE = Failure(_inject, "repository-damaged", ("Restore", "again"), "life-cycle rules", in_each_run=True)
