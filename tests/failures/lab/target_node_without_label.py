"""The application wants nodes with a label that only those of the source have."""

from kit.failing import Bench
from kit.failures import Failure


async def _inject(bench: Bench) -> str:
    source = bench.lab.source
    await bench.lab.kubectl(source, "label", "nodes", "--all", "--overwrite", "disk=fast")
    bench.on_leaving(lambda: bench.lab.kubectl(source, "label", "nodes", "--all", "disk-"))
    await bench.application(pod={"nodeSelector": {"disk": "fast"}})
    return await bench.moved()


FAILURE = Failure(_inject, "pods-unschedulable", ("Pod", ""), "label a node", in_each_run=True)
