"""The Secret of the MigStorage has another key than the bucket's."""

from kit.failures import Failure, Ground


async def _inject(ground: Ground) -> str:
    await ground.declare(secret="not-the-key-of-it")
    await ground.application()
    await ground.world.declare_plan("shop", [ground.app])
    return "shop"


FAILURE = Failure(_inject, "bucket-credentials", ("Secret", "repo-creds"), "repo-creds")
