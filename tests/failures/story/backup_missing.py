"""A Restore names a Backup that does not exist."""

from kit.failures import Failure, Ground


async def _inject(ground: Ground) -> str:
    await ground.world.declare_clusters()
    await ground.locate()
    return await ground.restore(backupName="absent")


FAILURE = Failure(_inject, "backup-gone", ("Backup", "absent"), "mtc get backup", in_each_run=True)
