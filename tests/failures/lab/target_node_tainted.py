"""The nodes of the target have a taint that the application does not tolerate."""

from kit.failing import Bench
from kit.failures import Failure


async def _inject(bench: Bench) -> str:
    target = bench.lab.target
    await bench.application()
    await bench.lab.kubectl(target, "taint", "nodes", "--all", "--overwrite", "reserved=yes:NoSchedule")
    bench.on_leaving(lambda: bench.lab.kubectl(target, "taint", "nodes", "--all", "reserved-"))
    return await bench.moved()


FAILURE = Failure(_inject, "pods-unschedulable", ("Pod", ""), "kubectl taint nodes NODE KEY-", in_each_run=True)
