"""A pod of the target is being deleted, and a finalizer keeps it."""

from kit import apps
from kit.failing import Bench
from kit.failures import Failure
from mtc.kube import resources


async def _inject(bench: Bench) -> str:
    await bench.application()
    name = await bench.moved()
    held = apps.bare_pod(bench.space, "held", bench.lab.image)
    held["metadata"]["finalizers"] = ["example.com/hold"]
    target = bench.lab.target
    await bench.lab.apply(target, held)
    await target.delete(resources.PODS, "held", namespace=bench.space)
    bench.on_leaving(lambda: target.patch(resources.PODS, "held", {"metadata": {"finalizers": None}}, namespace=bench.space))
    return name


FAILURE = Failure(_inject, "stuck-deletion", ("Pod", "held"), "get pod held")
