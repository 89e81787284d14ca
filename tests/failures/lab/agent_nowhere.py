"""No node of the source runs a node agent any more."""

from kit.failing import Bench
from kit.failures import Failure


async def _inject(bench: Bench) -> str:
    source = bench.lab.source
    await bench.application_with_volume()
    await bench.plan(volumes=1)
    bench.on_leaving(lambda: bench.agents(source, {"nobody": None}))
    await bench.agents(source, {"nobody": "has-this"})
    name = await bench.start()
    await bench.lab.over(name)
    return name


FAILURE = Failure(_inject, "node-agent-missing", ("DaemonSet", "node-agent"), "describe daemonset node-agent")
