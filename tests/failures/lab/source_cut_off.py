"""The network of the source breaks while a volume is copied."""

from kit.failing import Bench
from kit.failures import Failure
from mtc.lab import programs


async def _inject(bench: Bench) -> str:
    name = await bench.copying()
    link = bench.lab.records.clusters[0].link
    await programs.run(["ip", "link", "set", link, "down"])
    bench.on_leaving(lambda: programs.run(["ip", "link", "set", link, "up"]))
    return name


FAILURE = Failure(_inject, "cluster-unreachable", ("MigCluster", "remote"), "mtc describe migcluster remote")
