"""The registry does not have the application's image."""

from kit.failing import Bench
from kit.failures import Failure


async def _inject(bench: Bench) -> str:
    image = bench.lab.image.rpartition(":")[0] + ":never-pushed"
    container = {"name": "app", "image": image, "imagePullPolicy": "Always", "command": ["sleep", "infinity"]}
    await bench.application(pod={"containers": [container]})
    return await bench.moved()


FAILURE = Failure(_inject, "image-pull", ("Pod", ""), "describe pod", in_each_run=True)
