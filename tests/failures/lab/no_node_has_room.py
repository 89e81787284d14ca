"""The application asks for more memory than any node has."""

from kit.failing import Bench
from kit.failures import Failure


async def _inject(bench: Bench) -> str:
    greedy = {"name": "app", "image": bench.lab.image, "command": ["sleep", "infinity"], "resources": {"requests": {"memory": "900Gi"}}}
    await bench.application(pod={"containers": [greedy]})
    return await bench.moved()


FAILURE = Failure(_inject, "pods-unschedulable", ("Pod", ""), "Allocated resources", in_each_run=True)
