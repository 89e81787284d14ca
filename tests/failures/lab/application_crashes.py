"""The application dies on the target, where a file of the source's node is missing."""

from kit.failing import Bench
from kit.failures import Failure


async def _inject(bench: Bench) -> str:
    await bench.application(command=["sh", "-c", "echo no answer from the database; exit 3"])
    return await bench.moved()


FAILURE = Failure(_inject, "pods-crashing", ("Pod", ""), "--previous", in_each_run=True)
