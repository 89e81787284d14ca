"""How often a migration is stepped again when writes are refused, and what is told then."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kit import pieces
from mtc.api import base
from mtc.api.settings.model import Settings
from mtc.kube import access, codec, errors
from mtc.kube.client import Client, Object
from mtc.migration.runner import Runner


@dataclass
class Server:
    """Has one migration without a plan, whose status somebody else always changes first until `gives_in`."""

    gives_in: bool = False
    writes: int = 0
    item: Object = field(
        default_factory=lambda: {
            "apiVersion": "migration.openshift.io/v1alpha1",
            "kind": "MigMigration",
            "metadata": {"name": "m", "namespace": "ns", "uid": "u", "resourceVersion": "1"},
            "spec": {"stage": False},
        }
    )

    async def request(self, method: str, path: str, *, body: bytes | None = None, **_: Any) -> bytes:
        """A read, an Event, or a refusal."""
        if method == "PUT":
            self.writes += 1
            wanted = codec.loads(body or b"")
            if not self.gives_in and "ReconcileFailed" not in {entry["type"] for entry in wanted["status"]["conditions"]}:
                raise errors.from_status(server="host", method=method, path=path, code=409, status={"reason": "Conflict"}, text="changed")
            self.item = wanted
        return codec.dumps(self.item if "/migmigrations/" in path else {})


@dataclass
class Clusters:
    """The host cluster only."""

    host: Client

    async def get(self, ref: base.Ref) -> Client:
        """There is no other."""
        raise AssertionError(ref)

    def is_current(self, ref: base.Ref, client: Client) -> bool:
        """There is no other."""
        raise AssertionError(ref, client)


@dataclass
class Clock:
    """A time that a test moves."""

    now: datetime = pieces.NOW

    def __call__(self) -> datetime:
        """The time."""
        return self.now


async def test_writes_that_are_always_refused_are_tried_more_slowly_and_then_told() -> None:
    """A moment's conflict is nothing; one that lasts shows as ReconcileFailed with its reason, and ends when it ends."""
    server, clock = Server(), Clock()
    host = Client(access.Access(server="https://nowhere.invalid"), name="host")
    host.transport = server  # type: ignore[assignment] - the same verbs
    runner = Runner(clusters=Clusters(host), namespace="ns", wake=lambda _: None, settings=Settings, clock=clock)
    ref, pauses = base.Ref("ns", "m"), []
    while not server.item.get("status"):
        pause = await runner.step(ref)
        assert pause
        pauses.append(pause)
        clock.now += timedelta(seconds=pause)
        assert len(pauses) < 20
    assert pauses[:3] == [0.05, 0.1, 0.2]
    assert pauses == sorted(pauses)
    (told,) = [entry for entry in server.item["status"]["conditions"] if entry["type"] == "ReconcileFailed"]
    assert (told["category"], told["reason"]) == ("Critical", "Conflict")
    server.gives_in = True
    await runner.step(ref)
    assert [entry["type"] for entry in server.item["status"]["conditions"]] == ["InvalidPlanRef"]
