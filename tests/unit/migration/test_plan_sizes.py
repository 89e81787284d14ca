"""For how long a plan waits until its volumes are measured, and what it asks for. The host is a list of answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kit import pieces
from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.miganalytic import MigAnalytic
from mtc.kube.access import Access
from mtc.kube.client import Client, Object
from mtc.migration import plan_sizes
from mtc.migration.checks.plan import Scope
from mtc.migration.settings import Settings
from mtc.migration.sides import Side
from mtc.migration.volumes import capacity

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
VOLUME = pieces.volume("a")
COPIED = [VOLUME]
PLAN = pieces.plan(pieces.volume("a"))
RUNNING = conditions.PV_USAGE_ANALYSIS_RUNNING


class Host(Client):
    """Has one MigAnalytic, and notes what is asked of it."""

    def __init__(self, item: Object | None = None) -> None:
        super().__init__(Access(server="http://127.0.0.1:1"), name="host")
        self._item = item
        self.asked: list[str] = []

    async def find(self, *_: Any, **__: Any) -> Object | None:
        """As it is now."""
        self.asked.append("find")
        return self._item

    async def create(self, _: Any, body: Object, **__: Any) -> Object:
        """A new one."""
        self.asked.append("create")
        return body

    async def patch(self, _kind: Any, _name: str, body: Object, **_: Any) -> Object:
        """A change."""
        self.asked.append("patch")
        return body


def analytic(*, ready: float | None, name: str = "") -> Object:
    """A MigAnalytic of the plan; its figures came so many seconds before now."""
    found = []
    if ready is not None:
        when = (NOW - timedelta(seconds=ready)).isoformat()
        found = [{"type": "Ready", "status": "True", "category": "Required", "lastTransitionTime": when}]
    return {
        "metadata": {"name": name or plan_sizes.name_of(PLAN), "namespace": PLAN.namespace, "labels": {"created-by": "plan"}},
        "spec": {"migPlanRef": {"name": PLAN.name, "namespace": PLAN.namespace}, "analyzeExtendedPVCapacity": True},
        "status": {"conditions": found},
    }


def pod(phase: str) -> Object:
    """A pod that mounts the plan's volume."""
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": VOLUME["pvc"]["name"]}}
    return {"metadata": {"name": "p", "namespace": VOLUME["pvc"]["namespace"]}, "spec": {"volumes": [volume]}, "status": {"phase": phase}}


def scope(known: Object | None, *, waits: float | None = None, refresh: bool = False, phase: str = "Running", ready: bool = False) -> Scope:
    """What a pass knows: the MigAnalytic as remembered, for how many seconds the plan has waited, the phase of the volume's pod."""
    plan = pieces.plan(pieces.volume("a"), refresh=refresh, ready=ready)
    if waits is not None:
        plan.status.conditions.append(Condition(type=RUNNING, last_transition_time=NOW - timedelta(seconds=waits)))
    analysis = capacity.newest([MigAnalytic.from_dict(known)]) if known else None
    nowhere = Side(None, None)
    return Scope(plan=plan, settings=Settings(), namespace="mtc", source=nowhere, target=nowhere, analysis=analysis, pods=(pod(phase),))


@pytest.mark.parametrize(
    ("known", "now", "waits", "asked", "left_s"),
    [
        (None, None, None, ["create"], 120),
        (analytic(ready=None), None, 30, [], 90),
        (analytic(ready=None), None, 120, [], 0),
        (analytic(ready=10), None, None, [], None),
        (analytic(ready=10), None, 30, [], None),
        (analytic(ready=500), analytic(ready=None), 30, ["find"], 90),
        (analytic(ready=500), analytic(ready=5), 30, ["find"], None),
        (analytic(ready=None, name="of-a-person"), None, None, [], None),
    ],
    ids=["first", "pending", "overdue", "there", "just came", "remembered", "remembered, came", "of a person"],
)
async def test_a_plan_waits_for_what_it_has_asked_for(
    known: Object | None, now: Object | None, waits: float | None, asked: list[str], left_s: float | None
) -> None:
    """Two minutes, whatever is remembered of an earlier analysis; nothing more is asked where the answer is there."""
    host = Host(now)
    told = await plan_sizes.ask(scope(known, waits=waits), COPIED, host, now=NOW)
    assert host.asked == asked
    assert told.left_s == (left_s or 0)
    types = [item.type for item in told.staged]
    assert types == ([] if left_s is None else [RUNNING] if left_s else [RUNNING, conditions.PV_USAGE_ANALYSIS_FAILED])


async def test_what_nobody_can_measure_is_not_waited_for() -> None:
    """A volume is measured while a running pod mounts it; the analysis is made all the same, and tells of it."""
    host = Host()
    assert await plan_sizes.ask(scope(None, phase="Succeeded"), COPIED, host, now=NOW) == plan_sizes.Wait()
    assert host.asked == ["create"]


async def test_a_plan_that_is_ready_does_not_begin_to_wait() -> None:
    """Whoever has seen it Ready may have asked for a migration; a refresh says that it may take its time."""
    pending = analytic(ready=None)
    assert await plan_sizes.ask(scope(pending, ready=True), COPIED, Host(), now=NOW) == plan_sizes.Wait()
    assert (await plan_sizes.ask(scope(pending, ready=True, waits=30), COPIED, Host(), now=NOW)).left_s == 90
    assert (await plan_sizes.ask(scope(pending, ready=True, refresh=True), COPIED, Host(), now=NOW)).left_s == 120


async def test_a_refresh_measures_again() -> None:
    """And what nothing copies is not measured."""
    host = Host()
    told = await plan_sizes.ask(scope(analytic(ready=500), refresh=True), COPIED, host, now=NOW)
    assert (host.asked, told.left_s) == (["patch"], 120)
    skipped = [{"name": "pv-a", "selection": {"action": "skip"}}]
    assert await plan_sizes.ask(scope(None), skipped, host, now=NOW) == plan_sizes.Wait()
    assert host.asked == ["patch"]
