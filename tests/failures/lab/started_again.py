"""Somebody scales the application up again each time the migration stops it."""

import asyncio

from kit import failing
from kit.failing import Bench
from kit.failures import Failure


async def _inject(bench: Bench) -> str:
    await bench.application_with_volume()
    await bench.plan(volumes=1)
    source = bench.lab.source
    up = ("-n", bench.space, "scale", "deployment", "web", "--replicas=1")
    task = asyncio.create_task(failing.again_and_again(lambda: bench.lab.kubectl(source, *up), every_s=0.3))

    async def stop() -> None:
        task.cancel()
        await asyncio.wait([task])

    bench.on_leaving(stop)
    return await bench.start(quiescePods=True)


FAILURE = Failure(_inject, "quiesce-rival", ("Deployment", "web"), "field manager")
