"""Metrics for Prometheus, in its text format, on `/metrics`; and what fills the memory, on `/debug/memory`.

Names and labels are those of MTC. What is told is made when somebody asks: between two looks nothing is done for it.
"""

import gc
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus

from prometheus_client import CollectorRegistry, gc_collector, generate_latest, platform_collector, process_collector
from prometheus_client.core import Metric

from mtc.telemetry import answers, requests

METRICS, MEMORY = "/metrics", "/debug/memory"
MIGRATIONS = "cam_app_workload_migrations"
REQUEST_COUNT, REQUEST_ELAPSED = "mtc_client_request_count", "mtc_client_request_elapsed"
_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_TYPES_SHOWN = 60
_MEMORY_S = 30.0

#: Metrics of a component beside those that every one has.
Source = Callable[[], Awaitable[Iterable[Metric]]]


@asynccontextmanager
async def served(port: int | None, component: str, source: Source) -> AsyncIterator[None]:
    """The metrics of this process, told on a port of all addresses of its pod; None for nowhere.

    Args:
        port: where; the one of MTC is 2112.
        component: name of this process.
        source: more metrics.
    """
    if port is None:
        yield
        return
    tally, told = requests.count(), _Memory()

    async def answer(path: str) -> answers.Answer:
        if path == METRICS:
            return answers.Answer(text([*of_requests(tally, component), *await source()]), content_type=_CONTENT_TYPE)
        if path == MEMORY:
            return answers.Answer(told.text().encode())
        return answers.Answer(f"There are {METRICS} and {MEMORY}.\n".encode(), HTTPStatus.NOT_FOUND)

    async with answers.served(port, answer):
        yield


def text(found: Iterable[Metric]) -> bytes:
    """Metrics, and those about this process itself, as Prometheus reads them."""
    metrics = list(found)
    registry = CollectorRegistry()
    for collector in (process_collector.ProcessCollector, platform_collector.PlatformCollector, gc_collector.GCCollector):
        collector(registry=registry)
    registry.register(_Given(metrics))
    body = generate_latest(registry)
    for metric in metrics:
        if metric.type == "counter":
            # The library wants counters to end with _total; those of MTC do not.
            for word in (b"HELP", b"TYPE"):
                name = metric.name.encode()
                body = body.replace(b"# %s %s_total " % (word, name), b"# %s %s " % (word, name))
    return body


class _Given:
    """A collector of what is given."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        """The metrics."""
        return self._metrics


def of_requests(tally: requests.Tally, component: str) -> list[Metric]:
    """The requests of this process to the API servers of all clusters."""
    count = Metric(REQUEST_COUNT, "Requests to API servers.", "counter")
    elapsed = Metric(REQUEST_ELAPSED, "Time that requests to API servers took, in milliseconds, all together.", "counter")
    for key, total in tally.totals.items():
        labels = {"cluster": key.cluster, "component": component, "function": key.function, "kind": key.kind, "method": key.method}
        count.add_sample(REQUEST_COUNT, labels, total.count)
        elapsed.add_sample(REQUEST_ELAPSED, labels, round(total.elapsed_ms, 3))
    return [count, elapsed]


class _Memory:
    """What fills the memory, looked at now and then only: a look takes a while, and whoever reaches the pod may ask."""

    def __init__(self) -> None:
        self._text, self._end_s = "", 0.0

    def text(self) -> str:
        """As it was at the last look."""
        if time.monotonic() > self._end_s:
            self._text, self._end_s = memory(), time.monotonic() + _MEMORY_S
        return self._text


def memory() -> str:
    """What fills the memory of this process: its objects by type, with their number and size in bytes, largest first. No values."""
    sizes: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for item in gc.get_objects():
        kind = f"{type(item).__module__}.{type(item).__qualname__}"
        counts[kind] += 1
        sizes[kind] += sys.getsizeof(item, 0)
    lines = [
        f"{counts.total()} objects that can hold others, {sizes.total()} bytes without what they hold",
        "",
        "     BYTES     COUNT  TYPE",
    ]
    lines += [f"{size:>10} {counts[kind]:>9}  {kind}" for kind, size in sizes.most_common(_TYPES_SHOWN)]
    return "\n".join(lines) + "\n"
