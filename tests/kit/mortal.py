"""A controller process that is killed at chosen requests, and started again, until a migration is over.

The kill is at the port to the API servers: the write is done or not, its answer never arrives, and everything that the
process knew is gone. What the next process finds is what a kill -9 leaves.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from kit import audit
from kit.migrations import Clusters, World, phase
from mtc.api.migration.migmigration import MigMigration
from mtc.kube import codec, resources
from mtc.kube.client import Client, Object
from mtc.migration import itineraries
from mtc.migration.runner import Runner
from mtc.migration.scope import COMPLETED
from mtc.operator.loop import Ref

#: Writes that look the same apart from these are one place in the code.
_GENERATED = re.compile(r"-[a-z0-9]{5}(?=$|/)")


class Killed(BaseException):
    """The process is no more; nothing in it may catch this."""


@dataclass
class Reaper:
    """Decides at which requests the process dies: once at each place, or more often.

    Attributes:
        before: whether the request is lost too, as opposed to its answer only.
        at: which requests are meant, by method and path.
        times: how often the process dies at each place.
        changes: by phase, what writes have changed between the first death in that phase and the second.
        mourn: called after each death.
        until: the phase that the process does not outlive: it dies as soon as the migration has entered it.
    """

    before: bool
    at: Callable[[str, str], bool]
    times: int = 1
    changes: dict[str, list[str]] = field(default_factory=dict)
    phase: str = ""
    until: str = ""
    mourn: Callable[[], Awaitable[None]] | None = None
    places: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    @property
    def phases(self) -> set[str]:
        """The phases in which the process died."""
        return {name for (name, _, _), deaths in self.places.items() if deaths}

    def meets(self, method: str, path: str) -> bool:
        """Whether the process dies at this request."""
        place = (self.phase, method, _GENERATED.sub("", path))
        if self.places[place] >= self.times or "/events" in path or not self.at(method, path):
            return False
        self.places[place] += 1
        return True

    def repeats(self) -> bool:
        """Whether the phase is run for the second time, after the process died in it for the first time."""
        return self.times > 1 and sum(deaths for (name, _, _), deaths in self.places.items() if name == self.phase) == 1


class Transport:
    """A transport under the eyes of the reaper."""

    def __init__(self, client: Client, reaper: Reaper) -> None:
        self._inner, self._reaper = client.transport, reaper
        self.limiter = client.transport.limiter

    async def request(self, method: str, path: str, **options: Any) -> bytes:
        """As the real one, or the end."""
        dies = self._reaper.meets(method, path)
        if dies and self._reaper.before:
            raise Killed
        params, audited = options.get("params") or {}, method != "GET" and self._reaper.repeats()
        found = await audit.before(self._inner, method, path, params) if audited else None
        answer = await self._inner.request(method, path, **options)
        if audited and (change := audit.change(method, path, params, found, answer)):
            self._reaper.changes.setdefault(self._reaper.phase, []).append(change)
        if method in {"GET", "PUT"} and f"/{resources.MIG_MIGRATIONS.plural}/" in path:
            self._reaper.phase = _phase_at_work(codec.loads(answer))
        if dies or (method == "PUT" and self._reaper.until and self._reaper.phase == self._reaper.until):
            raise Killed
        return answer

    def open(self, method: str, path: str, **options: Any) -> Any:
        """Watches are left alone."""
        return self._inner.open(method, path, **options)


def _phase_at_work(item: Object) -> str:
    """The phase that runs next: the first one of another itinerary where the migration is about to enter it."""
    migration = MigMigration.from_dict(item)
    chosen = itineraries.DRY_RUN if migration.is_dry_run else itineraries.choose(migration.spec, migration.status)
    stays = migration.status.itinerary == chosen.name or phase(item) == COMPLETED
    return phase(item) if stays and phase(item) else chosen.phases[0].name


def under(client: Client, reaper: Reaper) -> Client:
    """A client of the same cluster whose writes may kill."""
    mortal = Client(client.access, name=client.name)
    mortal.transport = Transport(client, reaper)  # type: ignore[assignment] — the same verbs
    return mortal


async def live_and_die(world: World, name: str, reaper: Reaper, *, until: str = COMPLETED, timeout_s: float = 120) -> int:
    """Runs controllers one after the other until the migration is over, or dead in another phase; how many lives it took."""
    lives = 0
    reaper.until = until if until != COMPLETED else ""
    clusters = Clusters(under(world.host, reaper), under(world.remote, reaper))
    async with asyncio.timeout(timeout_s):
        while not _is_there(await world.host.get(resources.MIG_MIGRATIONS, name, namespace=world.namespace), until):
            lives += 1
            try:
                await _life(world, name, clusters, reaper)
            except* Killed:
                if reaper.mourn is not None:
                    await reaper.mourn()
    return lives


def _is_there(item: Object, until: str) -> bool:
    """Whether the migration is in the phase that is waited for, or over and not asked for another try."""
    return phase(item) == until != COMPLETED or (phase(item) == COMPLETED and not MigMigration.from_dict(item).retry_asked)


async def _life(world: World, name: str, clusters: Clusters, reaper: Reaper) -> None:
    woken = asyncio.Event()
    runner = Runner(
        clusters=clusters,
        namespace=world.namespace,
        wake=lambda _: woken.set(),
        settings=lambda: world.settings_now,
    )
    watching = asyncio.create_task(runner.run())
    ref = Ref(world.namespace, name)
    try:
        while True:
            woken.clear()
            again = await runner.step(ref)
            if _is_there(await world.host.get(resources.MIG_MIGRATIONS, name, namespace=world.namespace), COMPLETED):
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), again)
    finally:
        watching.cancel()
        await asyncio.wait([watching])


def is_status(kind: resources.ResourceType) -> Callable[[str, str], bool]:
    """Writes of a kind's objects."""
    return lambda method, path: method == "PUT" and f"/{kind.plural}/" in path


def is_write(method: str, _path: str) -> bool:
    """Every write."""
    return method != "GET"


def is_read(method: str, path: str) -> bool:
    """Every read but that of the migration itself, before which nothing has been done."""
    return method == "GET" and f"/{resources.MIG_MIGRATIONS.plural}/" not in path
