"""Volumes travel straight from cluster to cluster, as in a plan of MTC that says nothing else."""

from kit import apps, labs, planes, processes
from mtc.api import names
from mtc.kube import resources, streams
from mtc.kube.client import Client, Object

_LARGE = 400 * 2**20
_DVM = resources.migration("directvolumemigrations", "DirectVolumeMigration")
_DIRECT = {"indirectVolumeMigration": False}


async def test_volumes_are_copied_straight_from_cluster_to_cluster(lab: labs.Lab) -> None:
    """A stage migration while the application runs, then the cut-over: all files arrive as they are, and both sides are compared.

    Nothing of the volumes goes through the bucket, the application gets another namespace, and no pod or key of the copy is left.
    """
    space = labs.unique("direct")
    there = f"{space}-new"
    await lab.apply(
        lab.source,
        apps.namespace(space),
        apps.claim(space, "data"),
        apps.deployment(space, "web", lab.image, claims=["data"], replicas=2),
        apps.stateful_set(space, "db", lab.image, template="data", replicas=1, size="1Gi"),
    )
    await lab.until_running(lab.source, space)
    await _write(lab, space, _ODD)
    await lab.plan(space, [f"{space}:{there}"], volumes=2, **_DIRECT)

    stage = await lab.migrate(space, f"{space}-stage", stage=True, quiescePods=False)
    assert labs.succeeded(stage), planes.found(stage)
    assert not labs.differences(await lab.contents(lab.source, space), await lab.contents(lab.target, there))

    await _write(lab, space, "rm /volumes/data/old; echo last > /volumes/data/last")
    final = await lab.migrate(space, f"{space}-final", quiescePods=True)
    assert labs.succeeded(final), planes.found(final)
    proof = final["status"]["proof"]
    assert (proof["state"], proof["volumes"]["compared"], proof["volumes"]["equal"]) == ("proved", 2, 2)
    await lab.until_running(lab.target, there)
    assert not labs.differences(await lab.contents(lab.source, space), await lab.contents(lab.target, there))

    copies = await lab.target.list_all(resources.POD_VOLUME_RESTORES, namespace=labs.TOOLKIT)
    assert not [item for item in copies if item["spec"]["pod"]["namespace"] == there]
    backups, restores = await lab.made_for(final)
    assert (len(backups), len(restores)) == (1, 1)
    assert not await _left(lab.source, space)
    assert not await _left(lab.target, there)


#: Several names of one file, a hole, links, owners, modes, times, attributes, a pipe, and names that are no text.
_ODD = r"""
cd /volumes/data
head -c 3145728 /dev/urandom > large; ln large twin; ln -s large link; ln -s /nowhere dangling; mkfifo pipe; mkdir -p deep/er
truncate -s 64M hole; echo x > $'new\nline'; echo y > $'\xff\xfe'; chown 1234:5678 large; chmod 4750 deep/er; echo old > old
touch -d 2001-02-03T04:05:06.789 deep; chmod 1777 .
"""


async def _write(lab: labs.Lab, space: str, script: str) -> None:
    pods = await lab.source.list_all(resources.PODS, namespace=space, label_selector="app=web")
    done = await streams.execute(lab.source, pods[0]["metadata"]["name"], ["bash", "-ec", script], namespace=space)
    assert done.exit_code == 0, done.stderr


async def _left(cluster: Client, space: str) -> list[str]:
    """What is left of direct copies in a namespace."""
    found: list[Object] = []
    for kind in (resources.PODS, resources.SECRETS, resources.SERVICES):
        found += await cluster.list_all(kind, namespace=space, label_selector=f"{names.APP}={names.RSYNC_APP}")
    return [f"{item['kind']} {item['metadata']['name']}" for item in found]


async def test_a_copy_survives_the_death_of_everybody_who_takes_part(lab: labs.Lab) -> None:
    """A sender, the receiver and the controller die while a volume is copied: another sender brings the rest, and both sides are the same."""
    space = labs.unique("deaths")
    await lab.apply(
        lab.source,
        apps.namespace(space),
        apps.claim(space, "data"),
        apps.claim(space, "idle"),
        apps.deployment(space, "web", lab.image, claims=["data"]),
    )
    await lab.until_running(lab.source, space)
    await _write(lab, space, f"head -c {_LARGE} /dev/urandom > /volumes/data/large")
    await lab.plan(space, [space], volumes=2, **_DIRECT)
    await lab.start(space, f"{space}-final")
    for cluster, role in ((lab.source, "client"), (lab.target, "server")):
        found = await lab.until_some(cluster, resources.PODS, lambda pod, role=role: _works(pod, role), namespace=space)
        meta = found["metadata"]
        await cluster.delete(resources.PODS, meta["name"], namespace=space, uid=meta["uid"], grace_s=0)
    await processes.kill(lab, processes.CONTROLLER)
    done = await lab.over(f"{space}-final")
    assert labs.succeeded(done), planes.found(done)
    assert done["status"]["proof"]["volumes"]["equal"] == 2
    assert not labs.differences(await lab.contents(lab.source, space), await lab.contents(lab.target, space))
    assert not await _left(lab.source, space)
    assert not await _left(lab.target, space)


def _works(pod: Object, role: str) -> bool:
    return pod["metadata"].get("labels", {}).get("role") == role and labs.phase(pod) == "Running"
