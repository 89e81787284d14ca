"""A person copies the data ahead of time, twice, so that the cut-over has little left to do."""

import json

from kit import apps, labs, planes
from mtc.api import names
from mtc.kube import resources, streams
from mtc.kube.client import Object

_MEBIBYTE = 2**20
_FIRST = 24 * _MEBIBYTE
_MORE = 3 * _MEBIBYTE
#: Folders and file lists of a snapshot, and restic's own headers.
_OVERHEAD = _MEBIBYTE


async def test_stages_copy_the_difference_and_the_cut_over_the_rest(lab: labs.Lab) -> None:
    """A second stage adds only what was written since the first, and the cut-over makes the target what the source is.

    It has the last write and none of the deleted files and runs as the source did; the source stands still and says how it was.
    """
    space = labs.unique("staged")
    image = lab.image
    await lab.apply(
        lab.source,
        apps.namespace(space),
        apps.claim(space, "data"),
        apps.deployment(space, "web", image, claims=["data"], replicas=2),
        apps.stateful_set(space, "db", image, template="data", replicas=1, size="1Gi"),
        apps.daemon_set(space, "agent", image),
        apps.cron_job(space, "yearly", image),
    )
    await lab.until_running(lab.source, space)
    await _write(
        lab, space, f"head -c {_FIRST} /dev/urandom > /volumes/data/first; mkdir /volumes/data/old; echo 1 > /volumes/data/old/file"
    )
    await lab.plan(space, [space], volumes=2)

    first = await lab.migrate(space, f"{space}-stage-1", stage=True, quiescePods=False)
    assert labs.succeeded(first), planes.found(first)
    assert await _added(lab, first, "data") > _FIRST
    assert not labs.differences(await lab.contents(lab.source, space), await lab.contents(lab.target, space))

    await _write(lab, space, f"head -c {_MORE} /dev/urandom > /volumes/data/second; echo 2 > /volumes/data/old/file")
    second = await lab.migrate(space, f"{space}-stage-2", stage=True, quiescePods=False)
    assert labs.succeeded(second), planes.found(second)
    assert _MORE < await _added(lab, second, "data") < _MORE + _OVERHEAD
    assert not labs.differences(await lab.contents(lab.source, space), await lab.contents(lab.target, space))
    assert not await lab.target.list_all(resources.DEPLOYMENTS, namespace=space)

    await _write(lab, space, "rm -r /volumes/data/old /volumes/data/first; echo last > /volumes/data/last")
    final = await lab.migrate(space, f"{space}-final", quiescePods=True)
    assert labs.succeeded(final), planes.found(final)
    await lab.until_running(lab.target, space)
    folders = await lab.folders(lab.target, space)
    assert sorted(path.name for path in folders["data"].iterdir()) == ["last", "second"]
    assert (folders["data"] / "last").read_text() == "last\n"
    assert not labs.differences(await lab.contents(lab.source, space), await lab.contents(lab.target, space))
    await _source_stands_still(lab, space)
    await _target_runs(lab, space)


async def _write(lab: labs.Lab, space: str, script: str) -> None:
    """What the application writes, from inside one of its pods."""
    pods = await lab.source.list_all(resources.PODS, namespace=space, label_selector="app=web")
    done = await streams.execute(lab.source, pods[0]["metadata"]["name"], ["bash", "-ec", script], namespace=space)
    assert done.exit_code == 0, done.stderr


async def _added(lab: labs.Lab, migration: Object, volume: str) -> int:
    """The bytes that the stage Backup of a migration added to the repository for a volume."""
    backups, _ = await lab.made_for(migration)
    selector = f"velero.io/backup-name={backups[0]['metadata']['name']}"
    copies = await lab.source.list_all(resources.POD_VOLUME_BACKUPS, namespace=labs.TOOLKIT, label_selector=selector)
    added = {item["spec"]["tags"]["pvc-uid"]: int(item["status"]["incrementalBytes"]) for item in copies}
    claim = await lab.source.get(resources.PERSISTENT_VOLUME_CLAIMS, volume, namespace=migration["spec"]["migPlanRef"]["name"])
    return added[claim["metadata"]["uid"]]


async def _source_stands_still(lab: labs.Lab, space: str) -> None:
    for kind, name, replicas in ((resources.DEPLOYMENTS, "web", "2"), (resources.STATEFUL_SETS, "db", "1")):
        stopped = await lab.source.get(kind, name, namespace=space)
        assert stopped["spec"]["replicas"] == 0
        assert stopped["metadata"]["annotations"][names.PRE_QUIESCE_REPLICAS] == replicas
    agent = await lab.source.get(resources.DAEMON_SETS, "agent", namespace=space)
    assert json.loads(agent["metadata"]["annotations"][names.PRE_QUIESCE_NODE_SELECTOR]) == {}
    yearly = await lab.source.get(resources.CRON_JOBS, "yearly", namespace=space)
    assert yearly["spec"]["suspend"] is True
    assert yearly["metadata"]["annotations"][names.PRE_QUIESCE_SUSPEND] == "true"
    assert not await lab.source.list_all(resources.PODS, namespace=space)


async def _target_runs(lab: labs.Lab, space: str) -> None:
    for kind, name, replicas in ((resources.DEPLOYMENTS, "web", 2), (resources.STATEFUL_SETS, "db", 1)):
        running = await lab.target.get(kind, name, namespace=space)
        assert (running["spec"]["replicas"], running["status"]["readyReplicas"]) == (replicas, replicas)
        assert names.PRE_QUIESCE_REPLICAS not in (running["metadata"].get("annotations") or {})
    agent = await lab.target.get(resources.DAEMON_SETS, "agent", namespace=space)
    assert agent["status"]["numberReady"] == 1
    assert not (await lab.target.get(resources.CRON_JOBS, "yearly", namespace=space))["spec"].get("suspend")
