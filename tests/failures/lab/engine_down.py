"""The engine of the target is scaled to 0 while a volume is copied."""

from kit.failing import Bench
from kit.failures import Failure


async def _inject(bench: Bench) -> str:
    name = await bench.copying()
    await bench.scale(bench.lab.target, "velero", 0)
    return name


FAILURE = Failure(_inject, "process-down", ("Deployment", "velero"), "scale deployment velero --replicas=1")
