"""What a migration does on real clusters on each itinerary: the application, how it gets onto it, and what has to hold at the end.

A new itinerary needs a course here; together the courses of an itinerary need every phase of it.
"""

import itertools
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kit import apps, dumps, labs, planes, processes, trees, ways
from kit.processes import Process
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.lab import provisioner
from mtc.migration import itineraries
from mtc.migration.scope import CANCEL_ITINERARY
from mtc.store import port

_SETTINGS = 30
_VOLUME_MEBIBYTES = 24
_LOOK_S = 300
_HOOK_PHASES = {"PreBackup": "source", "PostBackup": "source", "PreRestore": "destination", "PostRestore": "destination"}
#: What brings volumes through the repository, and what brings them straight from cluster to cluster.
_STORED = frozenset(
    {
        "EnsureStagePodsFromRunning",
        "EnsureStagePodsFromTemplates",
        "EnsureStagePodsFromOrphanedPVCs",
        "AnnotateResources",
        "EnsureStageBackup",
        "StageBackupCreated",
        "EnsureStageRestore",
        "StageRestoreCreated",
        "VolumesProved",
        "EnsureStagePodsDeleted",
        "EnsureAnnotationsDeleted",
    }
)
_SENT = frozenset(
    {
        "CreateDirectVolumeMigrationStage",
        "CreateDirectVolumeMigrationFinal",
        "WaitForDirectVolumeMigrationToComplete",
        "DeleteDirectVolumeMigrationResources",
    }
)
_REGISTRIES = frozenset({"DeleteRegistries"})
#: The lab's clusters have no ImageStreams; stories kill processes in these.
ELSEWHERE = frozenset({"CreateRegistries", "WaitForRegistriesReady"})
#: Only claims that take the place of others need these.
_CONVERTING = frozenset({"QuiesceDestinationApplications", "EnsureDestQuiesced", "SwapPVCReferences"})


@dataclass(frozen=True)
class Application:
    """An application with a volume that somebody uses and one that nobody does, and its plan.

    Attributes:
        space: its namespace, and the name of the plan.
        clusters: where it is, and where it is to be.
        contents: of the volumes.
        before: everything in the namespace, on each of the clusters.
    """

    space: str
    clusters: tuple[Client, ...]
    contents: dict[str, dict[bytes, trees.Entry]]
    before: tuple[dumps.Dump, ...]

    @property
    def migration(self) -> str:
        """The name of the migration that is looked at."""
        return f"{self.space}-m"


Begin = Callable[[labs.Lab, Application], Awaitable[None]]


async def _nothing(_lab: labs.Lab, _application: Application) -> None:
    """A course that begins with its own migration."""


@dataclass(frozen=True)
class Course:
    """A way through an itinerary.

    Attributes:
        itinerary: its name.
        begin: brings a migration onto it.
        ends: what has to hold when that is over.
        settle: the application and its plan.
        before: what has to be done first.
        without: phases of the itinerary that it does not need.
        processes: those that take part.
    """

    itinerary: str
    begin: Begin
    ends: Callable[[labs.Lab, Application, Object], Awaitable[None]]
    settle: Callable[[labs.Lab], Awaitable[Application]]
    before: Begin = _nothing
    without: frozenset[str] = frozenset()
    processes: tuple[Process, ...] = processes.ALL

    @property
    def phases(self) -> list[str]:
        """The phases that it needs and that are seen from outside."""
        itinerary = itineraries.ALL[self.itinerary]
        return [name for name in (itinerary.phases[0].name, *ways.seen(itinerary)) if name not in self.without | ELSEWHERE]

    def phase_of(self, item: Object) -> str:
        """The phase of this itinerary in which a migration is, the first one where it has no status yet; "-" where it is on another one."""
        name, is_there = labs.phase(item), (item.get("status") or {}).get("itinerary") == self.itinerary
        # A cancel begins with the wish, and is told with what it finds.
        begins = self.itinerary == CANCEL_ITINERARY and item["spec"].get("canceled") and not is_there
        if begins or not name:
            return itineraries.ALL[self.itinerary].phases[0].name
        return name if is_there else "-"


# --- applications -----------------------------------------------------------------------------------------------------------


async def _moved_one(lab: labs.Lab, **spec: Any) -> Application:
    """On the source; its plan has a hook for each moment, and the target has an object of the same namespace."""
    space = labs.unique("phase")
    await _deploy(lab, lab.source, space)
    await lab.apply(lab.target, apps.namespace(space), apps.item(resources.CONFIG_MAPS, space, "was-here-before", data={"mine": "stays"}))
    for kind, name in ((resources.SERVICE_ACCOUNTS, "default"), (resources.CONFIG_MAPS, "kube-root-ca.crt")):
        await lab.until_some(lab.target, kind, lambda item, name=name: item["metadata"]["name"] == name, namespace=space)
    await lab.plan(space, [space], volumes=2, **spec)
    await _hook(lab, space)
    return await _looked_at(lab, space, lab.source, lab.target)


async def _sent_one(lab: labs.Lab) -> Application:
    """The same, and its volumes are copied straight from cluster to cluster."""
    return await _moved_one(lab, indirectVolumeMigration=False)


async def _converted_one(lab: labs.Lab) -> Application:
    """On the target; its plan gives it other claims there."""
    space = labs.unique("convert")
    chosen = await _choose_class(lab)
    await _deploy(lab, lab.target, space)
    spec = {
        "srcMigClusterRef": labs.reference("host"),
        "destMigClusterRef": labs.reference("host"),
        "migStorageRef": labs.reference(labs.STORAGE),
        "namespaces": [space],
    }
    await lab.apply(lab.target, labs.body(resources.MIG_PLANS, space, spec))

    def complete(plan: Object) -> bool:
        return len(plan["spec"].get("persistentVolumes") or []) == 2 and "PvsDiscovered" in planes.found(plan)

    plan = await lab.until(resources.MIG_PLANS, space, complete)
    volumes = plan["spec"]["persistentVolumes"]
    for entry in volumes:
        entry["selection"]["storageClass"] = chosen
    await lab.target.patch(resources.MIG_PLANS, space, {"spec": {"persistentVolumes": volumes}}, namespace=labs.TOOLKIT)
    await lab.until(resources.MIG_PLANS, space, planes.is_ready)
    return await _looked_at(lab, space, lab.target)


async def _choose_class(lab: labs.Lab) -> str:
    """The class of the lab; a plan also wants to see another one, or there would be nothing to convert to."""
    first = await lab.target.get(resources.STORAGE_CLASSES, provisioner.CLASS)
    kept = {key: value for key, value in first.items() if key != "metadata"}
    await lab.apply(lab.target, {**kept, "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "not-chosen"}})
    return provisioner.CLASS


async def _deploy(lab: labs.Lab, cluster: Client, space: str) -> None:
    claims = [apps.claim(space, name) for name in ("data", "kept")]
    await lab.apply(cluster, apps.namespace(space), *claims, apps.deployment(space, "web", lab.image, claims=["data"]))
    await apps.create_settings(cluster, space, _SETTINGS)
    await lab.until_running(cluster, space)

    def bound(items: list[Object]) -> bool:
        return [labs.phase(item) for item in items] == ["Bound", "Bound"]

    await planes.World(cluster, cluster, space).until_list(resources.PERSISTENT_VOLUME_CLAIMS, bound, cluster=cluster, timeout_s=_LOOK_S)
    folders = await lab.folders(cluster, space)
    apps.fill_big(folders["data"], random_mebibytes=_VOLUME_MEBIBYTES)
    apps.fill_few(folders["kept"], {"note": "kept\n"})


async def _hook(lab: labs.Lab, space: str) -> None:
    """The lab's image ends at once and well where nobody talks to it."""
    hooks, entries = [], []
    for phase, side in _HOOK_PHASES.items():
        name = f"{space}-{phase.lower()}"
        hooks.append(labs.body(resources.MIG_HOOKS, name, {"image": lab.image, "custom": True, "targetCluster": side}))
        entries.append(
            {"reference": labs.reference(name), "phase": phase, "executionNamespace": f"{space}-hooks", "serviceAccount": "default"}
        )
    for cluster in (lab.source, lab.target):
        await lab.apply(cluster, apps.namespace(f"{space}-hooks"))
    await lab.apply(lab.target, *hooks)
    for hook in hooks:
        await lab.until(resources.MIG_HOOKS, hook["metadata"]["name"], planes.is_ready)
    await lab.target.patch(resources.MIG_PLANS, space, {"spec": {"hooks": entries}}, namespace=labs.TOOLKIT)
    await lab.until(resources.MIG_PLANS, space, planes.is_ready)


async def _looked_at(lab: labs.Lab, space: str, *clusters: Client) -> Application:
    before = tuple([await dumps.of(cluster, space) for cluster in clusters])
    return Application(space, clusters, await lab.contents(clusters[0], space), before)


# --- how each itinerary begins ----------------------------------------------------------------------------------------------


async def _stage(lab: labs.Lab, application: Application) -> None:
    await lab.start(application.space, application.migration, stage=True, quiescePods=False)


async def _final(lab: labs.Lab, application: Application) -> None:
    await lab.start(application.space, application.migration, quiescePods=True, verify=True)


async def _convert(lab: labs.Lab, application: Application) -> None:
    await lab.start(application.space, application.migration, migrateState=True, quiescePods=True)


async def _dry_run(lab: labs.Lab, application: Application) -> None:
    spec = {"migPlanRef": labs.reference(application.space), "stage": False, "quiescePods": True}
    meta = {"name": application.migration, "namespace": labs.TOOLKIT, "annotations": {names.DRY_RUN: names.TRUE.lower()}}
    await lab.world.make(resources.MIG_MIGRATIONS, application.migration, spec=spec, metadata=meta)


async def _cancel(lab: labs.Lab, application: Application) -> None:
    await lab.target.patch(resources.MIG_MIGRATIONS, application.migration, {"spec": {"canceled": True}}, namespace=labs.TOOLKIT)


async def _until_arrived(lab: labs.Lab, application: Application) -> None:
    """Everything is on the target, and runs there."""
    await _final(lab, application)
    await _until_phase(lab, application, "PostRestoreHooks")


async def _until_swapped(lab: labs.Lab, application: Application) -> None:
    """The application has other claims, or is about to."""
    await _convert(lab, application)
    await _until_phase(lab, application, "SwapPVCReferences")


async def _until_phase(lab: labs.Lab, application: Application, phase: str) -> None:
    def reached(item: Object) -> bool:
        return bool(item["metadata"]["name"] == application.migration and labs.phase(item) == phase)

    await lab.until_some(lab.target, resources.MIG_MIGRATIONS, reached, timeout_s=_LOOK_S)


async def _doom(lab: labs.Lab, application: Application) -> None:
    """The data of its volume vanish before the target has read them."""
    await _final(lab, application)

    def saved(item: Object) -> bool:
        return bool(item["spec"]["pod"]["namespace"] == application.space and labs.phase(item) == "Completed")

    await lab.until_some(lab.source, resources.POD_VOLUME_BACKUPS, saved)
    await port.delete_folder(lab.bucket, f"restic/{application.space}/data/")


async def _doom_copy(lab: labs.Lab, application: Application) -> None:
    """Somebody deletes the copy of its volumes while it runs."""
    await _final(lab, application)
    mine = f"{application.migration}-"

    def runs(item: Object) -> bool:
        return bool(item["metadata"]["name"].startswith(mine) and labs.phase(item) not in {"", "Completed"})

    found = await lab.until_some(lab.target, resources.DIRECT_VOLUME_MIGRATIONS, runs)
    await lab.target.delete(resources.DIRECT_VOLUME_MIGRATIONS, found["metadata"]["name"], namespace=labs.TOOLKIT)


async def _moved_before(lab: labs.Lab, application: Application) -> None:
    there = await lab.migrate(application.space, f"{application.space}-there", quiescePods=True)
    assert labs.succeeded(there), there["status"]


async def _converted_before(lab: labs.Lab, application: Application) -> None:
    there = await lab.migrate(application.space, f"{application.space}-there", migrateState=True, quiescePods=True)
    assert labs.succeeded(there), there["status"]


async def _rollback(lab: labs.Lab, application: Application) -> None:
    await lab.start(application.space, application.migration, rollback=True, quiescePods=False)


# --- how each ends ----------------------------------------------------------------------------------------------------------


async def _as_before(lab: labs.Lab, application: Application) -> None:
    await lab.until_running(application.clusters[0], application.space)
    after = [await dumps.of(cluster, application.space) for cluster in application.clusters]
    assert dumps.changes(application.before, after) == []
    assert not labs.differences(application.contents, await lab.contents(application.clusters[0], application.space))


async def _foretold(lab: labs.Lab, application: Application, done: Object) -> None:
    assert "DryRunCompleted" in planes.found(done), done["status"]
    await _as_before(lab, application)


async def _staged(lab: labs.Lab, application: Application, done: Object) -> None:
    assert labs.succeeded(done), done["status"]
    await lab.until_running(lab.source, application.space)
    assert not labs.differences(application.contents, await lab.contents(lab.target, application.space))


async def _moved(lab: labs.Lab, application: Application, done: Object) -> None:
    assert labs.succeeded(done), done["status"]
    await lab.until_running(lab.target, application.space)
    assert not labs.differences(application.contents, await lab.contents(lab.target, application.space))
    part = "app.kubernetes.io/part-of"
    settings = await lab.target.list_all(resources.CONFIG_MAPS, namespace=application.space, label_selector=part)
    assert len(settings) == _SETTINGS + 1


async def _converted(lab: labs.Lab, application: Application, done: Object) -> None:
    """The application uses another claim with the same files."""
    assert labs.succeeded(done), done["status"]
    await lab.until_running(lab.target, application.space)
    (web,) = await lab.target.list_all(resources.DEPLOYMENTS, namespace=application.space)
    (used,) = [volume["persistentVolumeClaim"]["claimName"] for volume in web["spec"]["template"]["spec"]["volumes"]]
    assert used not in application.contents
    found = await lab.contents(lab.target, application.space)
    assert not labs.differences({"data": application.contents["data"]}, {"data": found[used]})


async def _canceled(lab: labs.Lab, application: Application, done: Object) -> None:
    assert planes.found(done).keys() == {"Canceled"}, done["status"]
    await _as_before(lab, application)


async def _doomed(lab: labs.Lab, application: Application, done: Object) -> None:
    assert "Failed" in planes.found(done), done["status"]
    assert len(done["status"]["errors"]) == len(set(done["status"]["errors"]))
    for cluster in (lab.source, lab.target):
        assert await cluster.list_all(resources.PODS, namespace=application.space, label_selector=names.IS_STAGE_POD) == []
    assert not labs.differences(application.contents, await lab.contents(lab.source, application.space))


async def _back(lab: labs.Lab, application: Application, done: Object) -> None:
    assert labs.succeeded(done), done["status"]
    await _as_before(lab, application)


def _without(itinerary: str, *parts: Iterable[str]) -> frozenset[str]:
    """These phases, as far as the itinerary has them."""
    return frozenset(ways.seen(itineraries.ALL[itinerary])) & frozenset(itertools.chain(*parts))


_OF_TARGET = tuple(process for process in processes.ALL if process.role == "target")
_BY_HAND = ("QuiesceSourceApplications", "SwapPVCReferences")
ALL: dict[str, Course] = {
    "DryRun": Course("DryRun", _dry_run, _foretold, _moved_one),
    "Stage": Course("Stage", _stage, _staged, _moved_one, without=_without("Stage", _BY_HAND, _SENT)),
    "StageDirect": Course("Stage", _stage, _staged, _sent_one, without=_without("Stage", _BY_HAND, _STORED)),
    "Convert": Course("Stage", _convert, _converted, _converted_one, without=_without("Stage", _SENT, _REGISTRIES), processes=_OF_TARGET),
    "Final": Course("Final", _final, _moved, _moved_one, without=_without("Final", _SENT)),
    "FinalDirect": Course("Final", _final, _moved, _sent_one, without=_without("Final", _STORED)),
    "Cancel": Course("Cancel", _cancel, _canceled, _moved_one, _until_arrived, without=_without("Cancel", _CONVERTING, _SENT)),
    "CancelDirect": Course("Cancel", _cancel, _canceled, _sent_one, _until_arrived, without=_without("Cancel", _CONVERTING, _STORED)),
    "CancelConvert": Course(
        "Cancel",
        _cancel,
        _canceled,
        _converted_one,
        _until_swapped,
        without=_without("Cancel", ("DeleteHookJobs",), _SENT, _REGISTRIES),
        processes=_OF_TARGET,
    ),
    "Failed": Course("Failed", _nothing, _doomed, _moved_one, _doom, without=_without("Failed", _SENT)),
    "FailedDirect": Course("Failed", _nothing, _doomed, _sent_one, _doom_copy, without=_without("Failed", _STORED)),
    "Rollback": Course("Rollback", _rollback, _back, _moved_one, _moved_before, without=_without("Rollback", _CONVERTING, _SENT)),
    "RollbackDirect": Course("Rollback", _rollback, _back, _sent_one, _moved_before, without=_without("Rollback", _CONVERTING, _STORED)),
    # A conversion has taken its marks and stage pods away by itself.
    "RollbackConvert": Course(
        "Rollback",
        _rollback,
        _back,
        _converted_one,
        _converted_before,
        without=_without("Rollback", ("DeleteHookJobs", "EnsureStagePodsDeleted", "EnsureAnnotationsDeleted"), _SENT, _REGISTRIES),
        processes=_OF_TARGET,
    ),
}
