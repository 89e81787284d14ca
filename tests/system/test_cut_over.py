"""A person migrates an application that nobody prepared for it, and finds all of it on the other cluster."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from kit import apps, labs, planes
from mtc.cli import _look
from mtc.kube import codec, discovery, resources
from mtc.kube.client import Client, Object
from mtc.lab import errors

#: Made by each cluster for itself, or by controllers from other objects.
_OF_THE_CLUSTER = frozenset(
    {"events", "events.events.k8s.io", "endpoints", "endpointslices.discovery.k8s.io", "leases.coordination.k8s.io"}
)
_SMALL_FILES = 20_000
_KINDS = "migplan,migmigration,backup,restore,bsl,vsl,pvb,pvr"


@dataclass(frozen=True)
class Whole:
    """A migration that has ended.

    Attributes:
        space: the namespace.
        objects: what was in it, names by kind.
        plan: the MigPlan as it was before.
        migration: the MigMigration.
    """

    space: str
    objects: dict[str, set[str]]
    plan: Object
    migration: Object


@pytest.fixture(scope="module")
async def whole(lab: labs.Lab) -> Whole:
    """Workloads of every kind and volumes full of what makes copying hard, after a final migration."""
    space = labs.unique("whole")
    await _deploy(lab, space)
    await _fill(lab, space)
    found = await objects(lab.source, space)
    plan = await lab.plan(space, [space], volumes=8)
    return Whole(space, found, plan, await lab.migrate(space, f"{space}-final", quiescePods=True))


async def test_a_namespace_that_nobody_prepared_arrives_whole(lab: labs.Lab, whole: Whole) -> None:
    """After one final migration all objects are on the target, its pods run, and every volume is the same.

    The same in bytes, modes, owners, times, links, attributes, sparseness and the root folder: volumes full of what makes copying
    hard, an empty one, one that no pod mounts, one with 20,000 files and one with a file of 2 GiB, 128 MiB of which cannot be compressed.
    """
    loose = {entry["pvc"]["name"] for entry in whole.plan["spec"]["persistentVolumes"] if not entry["pvc"].get("hasReference")}
    assert loose == {"orphan"}
    found = planes.found(whole.migration)
    assert "Succeeded" in found, (found, whole.migration["status"].get("errors"))
    assert found["Succeeded"]["message"] == "The migration has completed successfully."
    assert not whole.migration["status"].get("errors")
    await lab.until_running(lab.target, whole.space)
    # What is done is not done again on the target.
    assert await objects(lab.target, whole.space) == {kind: names for kind, names in whole.objects.items() if kind != "jobs.batch"}
    before, after = await lab.contents(lab.source, whole.space), await lab.contents(lab.target, whole.space)
    assert len(before["many"]) > _SMALL_FILES
    assert before["data-db-0"][b"big"].size == 2 * 2**30
    assert len(before["empty"]) == 1
    assert not labs.differences(before, after)
    assert not await stage_pods(lab, whole.space)


async def test_two_backups_and_two_restores_are_what_it_took(lab: labs.Lab, whole: Whole) -> None:
    """A final migration makes two Backups on the source and two Restores on the target, all Completed; `kubectl get` tells so."""
    backups, restores = await lab.made_for(whole.migration)
    assert [labs.phase(item) for item in backups] == ["Completed"] * 2
    assert [labs.phase(item) for item in restores] == ["Completed"] * 2
    source = await lab.kubectl(lab.source, "get", _KINDS, "-n", labs.TOOLKIT)
    target = await lab.kubectl(lab.target, "get", _KINDS, "-n", labs.TOOLKIT)
    assert _row(target, "migplan", whole.space).items() >= {"READY": "True", "SOURCE": "remote", "TARGET": "host"}.items()
    name = str(whole.migration["metadata"]["name"])
    assert _row(target, "migmigration", name).items() >= {"PLAN": whole.space, "STAGE": "false", "PHASE": "Completed"}.items()
    for item in backups:
        for text in (source, target):
            assert _row(text, "backup", item["metadata"]["name"])["STATUS"] == "Completed"
    for item in restores:
        assert _row(target, "restore", item["metadata"]["name"])["STATUS"] == "Completed"
    for cluster, text in ((lab.source, source), (lab.target, target)):
        item = await cluster.get(resources.BACKUPS, backups[0]["metadata"]["name"], namespace=labs.TOOLKIT)
        assert _row(text, "backupstoragelocation", item["spec"]["storageLocation"])["PHASE"] == "Available"
        assert _row(text, "volumesnapshotlocation", item["spec"]["volumeSnapshotLocations"][0])["PROVIDER"] == "aws"
    big = str(2 * 2**30)
    assert any(big in line and "Completed" in line for line in source.splitlines() if line.startswith("podvolumebackup."))
    assert any(big in line and "Completed" in line for line in target.splitlines() if line.startswith("podvolumerestore."))


async def test_one_login_shows_the_chain_and_the_lines_of_all_clusters(lab: labs.Lab, whole: Whole) -> None:
    """The tree has each volume on both clusters and nothing broken; the log has all processes in the order of time, and no other run."""
    name, options = str(whole.migration["metadata"]["name"]), ("--kubeconfig", lab.values["MTC_LAB_TARGET_KUBECONFIG"])
    backups, restores = await lab.made_for(whole.migration)
    tree = await labs.command("tree", name, *options)
    assert "✗" not in tree
    assert f"MigMigration {name}  [Succeeded, on host" in tree
    for item, cluster in (*((item, "remote") for item in backups), *((item, "host") for item in restores)):
        assert f"{item['kind']} {item['metadata']['name']}  [Completed, on {cluster}, took " in tree
    assert tree.count("PodVolumeBackup ") == tree.count("PodVolumeRestore ") == len(whole.plan["spec"]["persistentVolumes"])
    lines = [codec.loads(line.encode()) for line in (await labs.command("logs", name, "-o", "json", *options)).splitlines()]
    assert {(line["cluster"], line["line"]["component"]) for line in lines} == {
        ("host", "controller"),
        *((cluster, component) for cluster in ("host", "remote") for component in ("engine", "node-agent")),
    }
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    assert {line["line"]["migration"] for line in lines if "migration" in line["line"]} == {name}


async def test_the_metrics_of_the_controller_count_the_migration(lab: labs.Lab, whole: Whole, tmp_path: Path) -> None:
    """An archive has them as Prometheus would answer, through the API server: the migration, and the requests for it to both clusters."""
    try:
        await labs.command("must-gather", "-o", str(tmp_path / "taken"), "--kubeconfig", lab.values["MTC_LAB_TARGET_KUBECONFIG"])
    except errors.ProgramFailed as failed:
        # Something else could not be read, such as a bucket that another test has taken away; the manifest says what was.
        if failed.code != _look.WITH_WARNINGS:
            raise
    assert "metricsNotRead" not in codec.loads((tmp_path / "taken" / "manifest.json").read_bytes())["clusters"]["host"]

    def answer(metric: str) -> list[tuple[dict[str, str], float]]:
        found = codec.loads((tmp_path / "taken" / "metrics" / "prometheus_queries" / f"{metric}.json").read_bytes())
        return [(item["metric"], float(item["value"][1])) for item in found["data"]["result"]]

    states = {(labels["type"], labels["status"]): value for labels, value in answer("cam_app_workload_migrations")}
    assert len(states) == 8
    assert states["final", "completed"] >= 1, states
    for metric in ("mtc_client_request_count", "mtc_client_request_elapsed"):
        asked = {labels["cluster"]: value for labels, value in answer(metric) if labels["function"] == "MigMigration"}
        assert len(asked) == 2, asked
        assert min(asked.values()) > 0, asked
        assert metric in (tmp_path / "taken" / "metrics" / "prometheus_queries" / f"{metric}.html").read_text()
    (memory,) = (tmp_path / "taken" / "memory-profiles" / labs.TOOLKIT).iterdir()
    assert " builtins.dict\n" in memory.read_text()


def _row(text: str, kind: str, name: str) -> dict[str, str]:
    """A row of what kubectl prints for several kinds, by its headings."""
    headings: list[tuple[str, int]] = []
    for line in text.splitlines():
        if line.startswith("NAME "):
            headings = [(found.group(), found.start()) for found in re.finditer(r"\S+(?: \S+)*", line)]
        elif line.startswith(f"{kind}.") and line.split()[0].endswith(f"/{name}"):
            ends = [*(start for _, start in headings[1:]), len(line)]
            return {heading: line[start:end].strip() for (heading, start), end in zip(headings, ends, strict=True)}
    msg = f"kubectl shows no {kind} {name}:\n{text}"
    raise AssertionError(msg)


async def _deploy(lab: labs.Lab, space: str) -> None:
    image = lab.image
    await lab.apply(
        lab.source,
        apps.namespace(space),
        *(apps.claim(space, name) for name in ("odd", "many", "empty", "orphan", "report", "pages")),
        *apps.surroundings(space),
        apps.deployment(space, "web", image, claims=["odd", "many"]),
        apps.deployment(space, "pages", image, claims=["pages", "empty"]),
        apps.deployment(space, "crowd", image, replicas=3),
        apps.stateful_set(space, "db", image, template="data", replicas=2),
        apps.daemon_set(space, "agent", image),
        apps.job(space, "report", image, claims=["report"]),
        apps.cron_job(space, "yearly", image),
        apps.bare_pod(space, "alone", image),
    )
    await lab.until_running(lab.source, space)
    await lab.kubectl(lab.source, "wait", "-n", space, "--for=condition=Complete", "job/report", "--timeout=120s", deadline_s=130)


async def _fill(lab: labs.Lab, space: str) -> None:
    folders = await lab.folders(lab.source, space)
    apps.fill_odd(folders["odd"])
    apps.fill_many(folders["many"], _SMALL_FILES)
    apps.fill_big(folders["data-db-0"], random_mebibytes=128, plain_mebibytes=1920)
    apps.fill_few(folders["data-db-1"], {"second": "replica"})
    apps.fill_few(folders["report"], {"result": "42"})
    apps.fill_few(folders["pages"], {"index.html": "<p>ü</p>", ".hidden": ""})
    apps.fill_odd(folders["orphan"])


async def objects(cluster: Client, space: str) -> dict[str, set[str]]:
    """Names of the objects of a namespace by kind, without what a cluster makes by itself and what others own."""
    served = await discovery.discover(cluster)
    found: dict[str, set[str]] = {}
    for kind in served.preferred:
        if not kind.namespaced or "list" not in kind.verbs or kind.group_resource in _OF_THE_CLUSTER:
            continue
        listed = await cluster.list_all(kind, namespace=space)
        names = {item["metadata"]["name"] for item in listed if not item["metadata"].get("ownerReferences")}
        if names:
            found[kind.group_resource] = names
    return found


async def stage_pods(lab: labs.Lab, space: str) -> list[str]:
    """Pods of ours that are left over on either cluster."""
    selector = "migration.openshift.io/is-stage-pod"
    lists = [await cluster.list_all(resources.PODS, namespace=space, label_selector=selector) for cluster in (lab.source, lab.target)]
    return [item["metadata"]["name"] for found in lists for item in found]
