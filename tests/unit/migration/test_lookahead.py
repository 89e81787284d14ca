"""What a plan will meet on its target: quotas, limits, NFS servers; and facts that passes share. No cluster."""

import asyncio
import dataclasses
import socket
from collections.abc import Callable
from typing import Any

import pytest

from mtc.api import base, conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import PlanPv
from mtc.kube import access, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import checks
from mtc.migration.checks import volumes as package
from mtc.migration.checks.volumes import capacity
from mtc.migration.settings import Settings
from mtc.migration.shared import Shared
from mtc.migration.volumes import lookahead, nfs, quota
from mtc.migration.volumes.capacity import Analysis
from mtc.migration.volumes.entries import Found
from mtc.migration.volumes.quota import NewClaim

pytestmark = pytest.mark.anyio


def claim(name: str = "data", size: str = "2Gi", *, namespace: str = "shop", storage_class: str = "fast") -> NewClaim:
    """A claim to be made."""
    return NewClaim(namespace, name, size, storage_class)


def limited(*, used: dict[str, str] | None = None, spec: dict[str, Any] | None = None, **hard: str) -> Object:
    """A ResourceQuota; in the names of its keys `__` stands for what Python does not allow."""
    keys = {key.replace("__", "."): value for key, value in hard.items()}
    whole = {"hard": keys, **(spec or {})}
    return {"metadata": {"namespace": "shop", "name": "q"}, "spec": whole, "status": {"used": used or {}}}


FAST = "fast.storageclass.storage.k8s.io/requests.storage"
SLOW_COUNT = "slow.storageclass.storage.k8s.io/persistentvolumeclaims"


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (limited(requests__storage="4Gi"), ""),
        (limited(requests__storage="3Gi"), "leaves 3Gi of requests.storage and data, logs need 4Gi"),
        (limited(requests__storage="5Gi", used={"requests.storage": "2Gi"}), "leaves 3Gi of requests.storage"),
        (limited(requests__storage="1Gi", used={"requests.storage": "9Gi"}), "leaves 0 of requests.storage"),
        (limited(persistentvolumeclaims="2"), ""),
        (
            limited(persistentvolumeclaims="3", used={"persistentvolumeclaims": "2"}),
            "leaves 1 of persistentvolumeclaims and data, logs need 2",
        ),
        (limited(**{"count/persistentvolumeclaims": "1"}), "leaves 1 of count/persistentvolumeclaims"),
        (limited(**{FAST: "1Gi"}), f"leaves 1Gi of {FAST} and data need 2Gi"),
        (limited(**{SLOW_COUNT: "0"}), f"leaves 0 of {SLOW_COUNT} and logs need 1"),
        (limited(requests__storage="0", spec={"scopes": ["Terminating"]}), ""),
        (limited(pods="0"), ""),
        (limited(requests__storage="nonsense"), "leaves 0 of requests.storage"),
    ],
)
def test_a_quota_must_leave_what_the_claims_need(item: Object, words: str) -> None:
    """Sizes and numbers, of all classes or one; used is taken off; quotas for pods do not count."""
    claims = [claim(), claim("logs", storage_class="slow"), claim("far", "100Gi", namespace="other")]
    found = quota.of_quotas(claims, [item])
    assert len(found) == bool(words)
    for shortage in found:
        assert words in shortage.text
        assert "shop/q" in shortage.text
        assert set(shortage.claims) <= {"shop/data", "shop/logs"}


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"max": {"storage": "2Gi"}, "min": {"storage": "1Gi"}}, ""),
        ({"max": {"storage": "1Gi"}}, "allows at most 1Gi for a claim and data asks for 2Gi"),
        ({"min": {"storage": "3Gi"}}, "wants at least 3Gi for a claim and data asks for 2Gi"),
        ({"type": "Container", "max": {"storage": "1Gi"}}, ""),
    ],
)
def test_each_claim_must_keep_the_limits(limit: dict[str, Any], words: str) -> None:
    """Limits for claims, not those for containers."""
    item = {"metadata": {"namespace": "shop", "name": "l"}, "spec": {"limits": [{"type": "PersistentVolumeClaim", **limit}]}}
    found = quota.of_limits([claim()], [item])
    assert [words in shortage.text for shortage in found] == ([True] if words else [])


@pytest.fixture
def nobody() -> Client:
    """A client of a cluster that nobody asks."""
    return Client(access.Access(server="https://nowhere.invalid"), name="target")


@pytest.fixture
def listening() -> Callable[[str], socket.socket]:
    """Opens the port of NFS servers on an address of this machine."""

    def listen(address: str) -> socket.socket:
        server = socket.create_server((address, nfs.PORT))
        server.setblocking(False)
        return server

    return listen


async def test_the_controller_tries_servers_itself_where_it_runs_in_the_target(
    nobody: Client, listening: Callable[[str], socket.socket]
) -> None:
    """An open port is open, a closed one is told; a name that could be an option of some program is not tried at all."""
    with listening("127.77.0.1"):
        found = await nfs.ask(nobody, ["127.77.0.1", "127.77.0.2", "-e/bin/sh"], is_host=True, namespace="mtc", shared=Shared())
    assert found.closed == {"127.77.0.2", "-e/bin/sh"}
    assert not found.unknown


async def test_a_fact_is_read_once_for_all_who_ask_in_the_same_moment(nobody: Client) -> None:
    """Those who come while it is read wait for it; a failed reading is not kept; an old fact is read again."""
    shared, reads = Shared(), []

    async def read() -> int:
        reads.append(1)
        await asyncio.sleep(0)
        if len(reads) == 1:
            raise ConnectionError
        return len(reads)

    with pytest.raises(ConnectionError):
        await shared.get(nobody, "fact", read, max_age_s=60)
    assert await asyncio.gather(*(shared.get(nobody, "fact", read, max_age_s=60) for _ in range(5))) == [2] * 5
    assert await shared.get(nobody, "fact", read, max_age_s=-1) == 3
    assert await shared.get(nobody, "other", read, max_age_s=60) == 4


async def test_facts_of_another_connection_are_others(nobody: Client) -> None:
    """A new token means a new client, and what the old one could see does not count."""
    shared = Shared()

    async def one() -> str:
        return "one"

    async def two() -> str:
        return "two"

    other = Client(access.Access(server="https://nowhere.invalid"), name="target")
    assert await shared.get(nobody, "fact", one, max_age_s=60) == "one"
    assert await shared.get(other, "fact", two, max_age_s=60) == "two"


PLAN = base.Ref("mtc", "plan")


def volume(**fields: Any) -> PlanPv:
    """A copied volume."""
    whole = {"name": "pv", "capacity": "1Gi", "selection": {"action": "copy"}, "pvc": {"namespace": "shop", "name": "data"}}
    return PlanPv.model_validate(whole | fields)


async def told(check: checks.Check[package.Scope], *found: PlanPv, **fields: Any) -> dict[str, tuple[str, str, str, tuple[str, ...]]]:
    """Category, reason, status and items of the conditions that a check stages."""
    whole = {"ref": PLAN, "settings": Settings(), "sources": (), "targets": (), "target_name": "two", "volumes": found} | fields
    staged = await check.run(package.Scope(**whole), ())
    assert all("mtc/plan" in item.message for item in staged)
    return {item.type: (item.category, item.reason, item.status, item.items) for item in staged}


async def test_sizes_that_an_analysis_proposes_are_told_and_taken_back() -> None:
    """Durable, True while a volume needs another capacity, False once none does; nothing where none ever did."""
    analysis = Analysis(ref=base.Ref("mtc", "m"), proposals={("shop", "data"): "2Gi"})
    type_ = conditions.PV_CAPACITY_ADJUSTMENT_REQUIRED
    larger = volume(proposedCapacity="2Gi")
    assert await told(capacity.CHECK, larger, analysis=analysis) == {type_: ("Warn", "NotDone", "True", ("pv",))}
    confirmed = volume(name="sure", proposedCapacity="2Gi", capacityConfirmed=True)
    assert await told(capacity.CHECK, confirmed, larger, analysis=analysis) == {type_: ("Warn", "NotDone", "True", ("pv",))}
    assert await told(capacity.CHECK, confirmed, analysis=analysis) == {type_: ("Warn", "NotDone", "True", ("sure",))}
    assert await told(capacity.CHECK, volume(), analysis=dataclasses.replace(analysis, is_pending=True), adjusted_before=True) == {}
    assert await told(capacity.CHECK, volume(), analysis=analysis, adjusted_before=True) == {type_: ("Warn", "Done", "False", ())}
    assert await told(capacity.CHECK, volume(), analysis=analysis) == {}
    assert await told(capacity.CHECK, volume()) == {}


async def test_an_analysis_without_figures_is_told() -> None:
    """For single volumes, and as a whole; the reason of its own condition is kept."""
    none = conditions.PV_USAGE_ANALYSIS_FAILED
    ref = base.Ref("mtc", "m")
    failed = Condition(type=conditions.EXTENDED_PV_ANALYSIS_FAILED, reason=conditions.FAILED_RUNNING_DF, message="No df.")
    assert await told(capacity.CHECK, volume(), analysis=Analysis(ref=ref, trouble="No plan.")) == {none: ("Warn", "NotDone", "True", ())}
    late = Analysis(ref=ref, failed=failed, late_s=121)
    assert await told(capacity.CHECK, volume(), analysis=late) == {none: ("Warn", "NotDone", "True", ())}
    assert await told(capacity.CHECK, volume(), analysis=Analysis(ref=ref, failed=failed)) == {
        none: ("Warn", "NotDone", "True", ("pv",)),
        conditions.EXTENDED_PV_ANALYSIS_FAILED: ("Warn", "FailedRunningDf", "True", ()),
    }


async def test_how_full_a_volume_is_that_stays_where_it_is_does_not_matter() -> None:
    """The MigAnalytic measures every volume of the namespaces; the plan speaks of those that it copies."""
    known = {("shop", "data"): "1Gi"}
    failed = Condition(type=conditions.EXTENDED_PV_ANALYSIS_FAILED, reason=conditions.FAILED_RUNNING_DF, items=("left",))
    left = volume(name="left", pvc={"namespace": "shop", "name": "old"}, selection={"action": "skip"})
    analysis = Analysis(ref=base.Ref("mtc", "m"), failed=failed, proposals=known)
    assert await told(capacity.CHECK, volume(), left, analysis=analysis) == {}
    both = dataclasses.replace(analysis, failed=failed.model_copy(update={"items": ("left", "pv")}))
    assert list(await told(capacity.CHECK, volume(), left, analysis=both)) == [conditions.EXTENDED_PV_ANALYSIS_FAILED]


@pytest.mark.parametrize(
    ("action", "confirmed", "words"),
    [("copy", True, "data need 9Gi"), ("copy", False, "data need 2Gi"), ("move", True, "data need 2Gi")],
)
async def test_a_confirmed_capacity_is_what_a_copy_asks_for(nobody: Client, action: str, words: str, *, confirmed: bool) -> None:
    """What is proposed and not confirmed is not asked for; a moved volume keeps its size."""

    class Target(Client):
        """A target with a quota."""

        async def list_all(self, kind: ResourceType, **_: Any) -> list[Object]:  # type: ignore[override] - as far as it is used
            """The quota."""
            return [limited(requests__storage="1Gi")] if kind == resources.RESOURCE_QUOTAS else []

    claimed = {"metadata": {"namespace": "shop", "name": "data"}, "spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    found = Found(pvc=claimed, pv={"metadata": {"name": "pv"}, "spec": {}})
    entry = {
        "name": "pv",
        "pvc": {"name": "data"},
        "selection": {"action": action},
        "proposedCapacity": "9Gi",
        "capacityConfirmed": confirmed,
    }
    target = Target(nobody.access, name="target")
    place = lookahead.Place(target=target, is_host=True, namespace="mtc", mapping={}, shared=Shared())
    outlook = await lookahead.look([found], [entry], place)
    assert [words in str(item) for item in outlook.shortages] == [True], outlook.shortages
