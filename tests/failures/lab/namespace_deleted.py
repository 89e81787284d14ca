"""The application's namespace is deleted from the source while its volume is copied."""

from kit.failing import Bench
from kit.failures import Failure


async def _inject(bench: Bench) -> str:
    name = await bench.copying()
    await bench.lab.kubectl(bench.lab.source, "delete", "namespace", bench.space, deadline_s=180)
    await bench.lab.over(name)
    return name


FAILURE = Failure(_inject, "namespace-gone", ("Namespace", ""), "spec.namespaces")
