"""The storage keeps its connections and answers nothing while a volume is copied."""

import os
import signal

from kit.failing import Bench
from kit.failures import Failure
from mtc.lab import processes, servers


async def _inject(bench: Bench) -> str:
    name = await bench.copying()
    record = processes.read(bench.lab.records.run_directory, servers.S3)
    assert record is not None
    pid = record.pid
    os.kill(pid, signal.SIGSTOP)

    async def go_on() -> None:
        os.kill(pid, signal.SIGCONT)

    bench.on_leaving(go_on)
    return name


FAILURE = Failure(_inject, "bucket-unreachable", ("MigStorage", ""), "mtc describe migstorage")
