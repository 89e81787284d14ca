"""kill -9 of each process of the toolkit in each phase of each itinerary: the migration ends as it would have.

The matrix comes from the itineraries, so a new phase is in it by itself, unless it is light and passed without a word. One entry of it runs each time; all run with `make nightly`,
and MTC_TEST_PHASES=Final-StageBackupCreated-source-agent,... runs those.
"""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from kit import apps, draw, dumps, labs, planes, processes, trees, ways
from kit.processes import Process
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import itineraries
from mtc.store import port

_SAMPLE = 1
_SETTINGS = 30
_VOLUME_MEBIBYTES = 24
#: Phases in which a migration stands for so long that whatever is killed then is killed in them.
_CANCELED_IN = "StageBackupCreated"
_LOOK_S = 300


@dataclass(frozen=True)
class Entry:
    """Of the matrix."""

    itinerary: str
    phase: str
    process: Process

    @property
    def title(self) -> str:
        """As the name of a test."""
        return f"{self.itinerary}-{self.phase}-{self.process.title}"


MATRIX = {
    entry.title: entry
    for itinerary in itineraries.ALL.values()
    for phase in (itinerary.phases[0].name, *ways.seen(itinerary))
    for process in processes.ALL
    for entry in [Entry(itinerary.name, phase, process)]
}


def _chosen() -> list[str]:
    wanted = os.environ.get("MTC_TEST_PHASES", "")
    # Hooks, restarts and checks are for migrations that ask for them: those run only with all others.
    usual = [title for title in sorted(MATRIX) if not {"Hooks", "Restart", "Verification"} & {word for word in _WORDS if word in title}]
    return wanted.split(",") if wanted else draw.some(usual, _SAMPLE)


_WORDS = ("Hooks", "Restart", "Verification")


@pytest.mark.parametrize("title", _chosen())
async def test_a_process_may_die_in_a_phase(lab: labs.Lab, title: str) -> None:
    """It is started again, and the migration ends as it would have."""
    await _killed(lab, MATRIX[title])


@pytest.mark.nightly
@pytest.mark.parametrize("title", MATRIX)
async def test_every_process_may_die_in_every_phase(lab: labs.Lab, title: str) -> None:
    """As the sample, all of them."""
    await _killed(lab, MATRIX[title])


@dataclass(frozen=True)
class _Application:
    space: str
    contents: dict[str, dict[bytes, trees.Entry]]
    before: tuple[dumps.Dump, dumps.Dump]


async def _killed(lab: labs.Lab, entry: Entry) -> None:
    await processes.until_ready(lab, entry.process)
    application = await _settled(lab)
    name = await _BEGIN[entry.itinerary](lab, application.space)
    pid = await processes.found(lab, entry.process)
    item = await lab.until_some(lab.target, resources.MIG_MIGRATIONS, _reached(name, entry), timeout_s=_LOOK_S)
    if labs.is_over(item):
        assert labs.phase(item) == "Completed", item["status"]
        pytest.skip(f"this migration needs no {entry.phase}")
    processes.end(pid)
    await processes.start_anew(lab, entry.process)
    done = await lab.over(name)
    await processes.until_ready(lab, entry.process)
    await _ENDS[entry.itinerary](lab, application, done)


def _reached(name: str, entry: Entry) -> Callable[[Object], bool]:
    def wanted(item: Object) -> bool:
        status = item.get("status") or {}
        there = (status.get("itinerary"), status.get("phase")) == (entry.itinerary, entry.phase)
        first = not entry.phase and not status.get("phase")
        return item["metadata"]["name"] == name and (there or first or labs.is_over(item))

    return wanted


async def _settled(lab: labs.Lab) -> _Application:
    """An application with a volume, and its plan."""
    space = labs.unique("phase")
    await lab.apply(lab.source, apps.namespace(space), apps.claim(space, "data"), apps.deployment(space, "web", lab.image, claims=["data"]))
    await apps.create_settings(lab.source, space, _SETTINGS)
    await lab.until_running(lab.source, space)
    apps.fill_big((await lab.folders(lab.source, space))["data"], random_mebibytes=_VOLUME_MEBIBYTES)
    await lab.apply(lab.target, apps.namespace(space), apps.item(resources.CONFIG_MAPS, space, "was-here-before", data={"mine": "stays"}))
    for kind, name in ((resources.SERVICE_ACCOUNTS, "default"), (resources.CONFIG_MAPS, "kube-root-ca.crt")):
        await lab.until_some(lab.target, kind, lambda item, name=name: item["metadata"]["name"] == name, namespace=space)
    await lab.plan(space, [space], volumes=1)
    before = await dumps.of(lab.source, space), await dumps.of(lab.target, space)
    return _Application(space, await lab.contents(lab.source, space), before)


# --- how each itinerary begins --------------------------------------------------------------------------------------------


async def _stage(lab: labs.Lab, space: str) -> str:
    await lab.start(space, f"{space}-m", stage=True, quiescePods=False)
    return f"{space}-m"


async def _final(lab: labs.Lab, space: str) -> str:
    await lab.start(space, f"{space}-m", quiescePods=True)
    return f"{space}-m"


async def _dry_run(lab: labs.Lab, space: str) -> str:
    spec = {"migPlanRef": lab.world.reference(space), "stage": False, "quiescePods": True}
    meta = {"name": f"{space}-m", "namespace": labs.TOOLKIT, "annotations": {names.DRY_RUN: names.TRUE.lower()}}
    await lab.world.make(resources.MIG_MIGRATIONS, f"{space}-m", spec=spec, metadata=meta)
    return f"{space}-m"


async def _cancel(lab: labs.Lab, space: str) -> str:
    name = await _final(lab, space)
    await lab.until(resources.MIG_MIGRATIONS, name, lambda item: labs.phase(item) == _CANCELED_IN, timeout_s=_LOOK_S)
    await lab.target.patch(resources.MIG_MIGRATIONS, name, {"spec": {"canceled": True}}, namespace=labs.TOOLKIT)
    return name


async def _failed(lab: labs.Lab, space: str) -> str:
    """The data of its volume vanish before the target has read them."""
    name = await _final(lab, space)

    def saved(item: Object) -> bool:
        return bool(item["spec"]["pod"]["namespace"] == space and labs.phase(item) == "Completed")

    await lab.until_some(lab.source, resources.POD_VOLUME_BACKUPS, saved)
    await port.delete_folder(lab.bucket, f"restic/{space}/data/")
    return name


async def _rollback(lab: labs.Lab, space: str) -> str:
    there = await lab.migrate(space, f"{space}-there", quiescePods=True)
    assert labs.succeeded(there), there["status"]
    await lab.start(space, f"{space}-m", rollback=True, quiescePods=False)
    return f"{space}-m"


_BEGIN: dict[str, Callable[[labs.Lab, str], Awaitable[str]]] = {
    "DryRun": _dry_run,
    "Stage": _stage,
    "Final": _final,
    "Cancel": _cancel,
    "Failed": _failed,
    "Rollback": _rollback,
}

# --- how each ends --------------------------------------------------------------------------------------------------------


async def _as_before(lab: labs.Lab, application: _Application) -> None:
    await lab.until_running(lab.source, application.space)
    after = await dumps.of(lab.source, application.space), await dumps.of(lab.target, application.space)
    assert dumps.changes(application.before, after) == []
    assert not labs.differences(application.contents, await lab.contents(lab.source, application.space))


async def _foretold(lab: labs.Lab, application: _Application, done: Object) -> None:
    assert "DryRunCompleted" in planes.found(done), done["status"]
    await _as_before(lab, application)


async def _staged(lab: labs.Lab, application: _Application, done: Object) -> None:
    assert labs.succeeded(done), done["status"]
    await lab.until_running(lab.source, application.space)
    assert not labs.differences(application.contents, await lab.contents(lab.target, application.space))


async def _moved(lab: labs.Lab, application: _Application, done: Object) -> None:
    assert labs.succeeded(done), done["status"]
    await lab.until_running(lab.target, application.space)
    assert not labs.differences(application.contents, await lab.contents(lab.target, application.space))
    part = "app.kubernetes.io/part-of"
    settings = await lab.target.list_all(resources.CONFIG_MAPS, namespace=application.space, label_selector=part)
    assert len(settings) == _SETTINGS + 1


async def _canceled(lab: labs.Lab, application: _Application, done: Object) -> None:
    assert planes.found(done).keys() == {"Canceled"}, done["status"]
    await _as_before(lab, application)


async def _doomed(lab: labs.Lab, application: _Application, done: Object) -> None:
    assert "Failed" in planes.found(done), done["status"]
    assert len(done["status"]["errors"]) == len(set(done["status"]["errors"]))
    for cluster in (lab.source, lab.target):
        assert await cluster.list_all(resources.PODS, namespace=application.space, label_selector=names.IS_STAGE_POD) == []
    assert not labs.differences(application.contents, await lab.contents(lab.source, application.space))


async def _back(lab: labs.Lab, application: _Application, done: Object) -> None:
    assert labs.succeeded(done), done["status"]
    await _as_before(lab, application)


_ENDS: dict[str, Callable[[labs.Lab, _Application, Object], Awaitable[None]]] = {
    "DryRun": _foretold,
    "Stage": _staged,
    "Final": _moved,
    "Cancel": _canceled,
    "Failed": _doomed,
    "Rollback": _back,
}
