"""Notices that a cluster has fallen silent while a phase talks to it."""

import asyncio
from collections.abc import Awaitable

from mtc.kube.client import Client
from mtc.migration.outcome import Outcome

#: A cluster that does not answer this is not there.
PROBE_S = 5.0


async def during(work: Awaitable[Outcome], clusters: set[Client]) -> Outcome:
    """What the phase answers, unless a cluster falls silent under it: a request may hang for a minute, and people want to know sooner."""
    try:
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(_still_there(clusters))
            outcome = await work
            watching.cancel()
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return outcome


async def _still_there(clusters: set[Client]) -> None:
    while True:
        await asyncio.sleep(PROBE_S)
        for cluster in clusters:
            await cluster.version(deadline_s=PROBE_S)
