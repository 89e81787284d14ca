"""kill -9 of each process of the toolkit, at each stage of a migration.

A sample runs by default, in which a process dies once while it is at work; the names of the tests tell what was drawn.
All pairs run with `make nightly`; MTC_TEST_KILLS=source-engine-copy,... runs those.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from kit import apps, draw, labs, planes, processes
from kit.processes import Process
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType


@dataclass(frozen=True)
class Moment:
    """A stage of a migration, by the object that is InProgress.

    Attributes:
        title: of the stage.
        role: the cluster of that object.
        kind: of that object.
        label: that it must have.
    """

    title: str
    role: str
    kind: ResourceType
    label: str = ""


MOMENTS = (
    Moment("backup", "source", resources.BACKUPS, "migration-initial-backup"),
    Moment("copy", "source", resources.POD_VOLUME_BACKUPS),
    Moment("fill", "target", resources.POD_VOLUME_RESTORES),
    Moment("restore", "target", resources.RESTORES, "migration-final-restore"),
)
#: When each process has most to lose; the sample is drawn from these.
_AT_WORK = {
    processes.CONTROLLER: ("backup", "copy", "fill", "restore"),
    processes.SOURCE_ENGINE: ("backup", "copy"),
    processes.TARGET_ENGINE: ("fill", "restore"),
    processes.SOURCE_AGENT: ("copy",),
    processes.TARGET_AGENT: ("fill",),
}
_SAMPLE = 1
_SETTINGS = 1500
_VOLUME_MEBIBYTES = 160


_PAIRS = {f"{process.title}-{moment.title}": (process, moment) for process in processes.ALL for moment in MOMENTS}


def _chosen() -> list[tuple[Process, Moment]]:
    """The pairs to run."""
    wanted = os.environ.get("MTC_TEST_KILLS", "")
    at_work = [f"{process.title}-{title}" for process, titles in _AT_WORK.items() for title in titles]
    return [_PAIRS[name] for name in (wanted.split(",") if wanted else draw.some(at_work, _SAMPLE))]


def _name(part: Process | Moment) -> str:
    return part.title


@pytest.mark.parametrize(("process", "moment"), _chosen(), ids=_name)
async def test_a_killed_process_loses_nothing(lab: labs.Lab, process: Process, moment: Moment) -> None:
    """Whatever dies, the kubelet starts it again, and the migration ends as Succeeded, with every object and identical volumes."""
    await _killed(lab, process, moment)


@pytest.mark.nightly
@pytest.mark.parametrize(("process", "moment"), _PAIRS.values(), ids=_name)
async def test_any_killed_process_loses_nothing(lab: labs.Lab, process: Process, moment: Moment) -> None:
    """As the sample, all of them."""
    await _killed(lab, process, moment)


async def _killed(lab: labs.Lab, process: Process, moment: Moment) -> None:
    space = labs.unique("kill")
    await lab.apply(
        lab.source,
        apps.namespace(space),
        apps.claim(space, "data"),
        apps.deployment(space, "web", lab.image, claims=["data"]),
    )
    await apps.create_settings(lab.source, space, _SETTINGS)
    await lab.until_running(lab.source, space)
    folder = (await lab.folders(lab.source, space))["data"]
    apps.fill_big(folder, random_mebibytes=_VOLUME_MEBIBYTES)
    await lab.plan(space, [space], volumes=1)

    before = processes.restarts(await processes.pod_of(lab, process))
    migration = await lab.start(space, f"{space}-final", quiescePods=True)
    await lab.until_some(_cluster(lab, moment), moment.kind, _in_progress(moment, migration))
    await processes.kill(lab, process)
    done = await lab.over(f"{space}-final")

    pod = await lab.until_some(_of(lab, process), resources.PODS, _restarted(process, before))
    assert processes.restarts(pod) == before + 1
    assert labs.succeeded(done), (planes.found(done), done["status"].get("errors"))
    await lab.until_running(lab.target, space)
    assert not labs.differences(await lab.contents(lab.source, space), await lab.contents(lab.target, space))
    settings = await lab.target.list_all(resources.CONFIG_MAPS, namespace=space, label_selector="app.kubernetes.io/part-of")
    assert len(settings) == _SETTINGS


def _of(lab: labs.Lab, process: Process) -> Client:
    return lab.source if process.role == "source" else lab.target


def _cluster(lab: labs.Lab, moment: Moment) -> Client:
    return lab.source if moment.role == "source" else lab.target


def _in_progress(moment: Moment, migration: Object) -> Callable[[Object], bool]:
    uid = migration["metadata"]["uid"]

    def wanted(item: Object) -> bool:
        labels = item["metadata"].get("labels") or {}
        mine = labels.get(moment.label) == uid if moment.label else migration["metadata"]["name"] in str(item["metadata"])
        return mine and labs.phase(item) == "InProgress"

    return wanted


def _restarted(process: Process, before: int) -> Callable[[Object], bool]:
    key, _, value = process.selector.partition("=")

    def wanted(pod: Object) -> bool:
        labels = pod["metadata"].get("labels") or {}
        ready = all(status.get("ready") for status in pod["status"].get("containerStatuses") or [])
        return labels.get(key) == value and ready and processes.restarts(pod) > before

    return wanted
