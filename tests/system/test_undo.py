"""A person stops a migration in the middle, or takes a finished one back: the application runs in the source as if nothing had been."""

import json
from collections.abc import Callable

from kit import apps, dumps, labs, planes
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Object

_VOLUME_MEBIBYTES = 200
_SETTINGS = 600


async def test_a_migration_that_is_canceled_while_objects_are_restored_leaves_no_trace(lab: labs.Lab) -> None:
    """What was made in the target by then is gone, volumes included; what was there before is untouched."""
    space = await _application(lab, "late")
    before = await dumps.of(lab.source, space), await dumps.of(lab.target, space)
    migration = await lab.start(space, f"{space}-final", quiescePods=True)
    await lab.until_some(lab.target, resources.RESTORES, _final(migration))
    await _canceled(lab, space)
    await lab.until_running(lab.source, space)
    assert dumps.changes(before, (await dumps.of(lab.source, space), await dumps.of(lab.target, space))) == []
    await _until_nothing_is_left(lab, space)


async def test_a_rollback_takes_a_finished_migration_back(lab: labs.Lab) -> None:
    """The source serves again with every byte, the target has only what it had before, and a second rollback changes nothing."""
    space = await _application(lab, "back")
    before = await dumps.of(lab.source, space), await dumps.of(lab.target, space)
    contents = await lab.contents(lab.source, space)
    there = await lab.migrate(space, f"{space}-final", quiescePods=True)
    assert labs.succeeded(there), planes.found(there)
    await lab.until_running(lab.target, space)
    assert await lab.target.find(resources.PERSISTENT_VOLUME_CLAIMS, "waits", namespace=space)
    assert (await lab.source.get(resources.DEPLOYMENTS, "web", namespace=space))["spec"]["replicas"] == 0

    for name in ("back", "again"):
        back = await lab.migrate(space, f"{space}-{name}", rollback=True, quiescePods=False)
        assert labs.succeeded(back), planes.found(back)
        assert back["status"]["itinerary"] == "Rollback"
        assert back["status"]["rollback"]["state"] == "done"
        # The source was started after the last pod of the target had ended, not beside it.
        assert await lab.target.list_all(resources.PODS, namespace=space) == []
        await lab.until_running(lab.source, space)
        assert dumps.changes(before, (await dumps.of(lab.source, space), await dumps.of(lab.target, space))) == []
        assert not labs.differences(contents, await lab.contents(lab.source, space))
        await _nothing_was_rolled_out(lab, space)
        await _until_nothing_is_left(lab, space)


# --- the application, and what there is -----------------------------------------------------------------------------------


async def _application(lab: labs.Lab, word: str) -> str:
    """An application with a volume, and its plan; the target has objects of the same namespace that are none of ours."""
    space = labs.unique(word)
    await lab.apply(
        lab.source,
        apps.namespace(space),
        *(item for item in apps.surroundings(space) if item["kind"] != "ConfigMap"),
        apps.claim(space, "data"),
        apps.deployment(space, "web", lab.image, claims=["data"]),
        apps.deployment(space, "idle", lab.image, replicas=0),
        _stubborn(apps.deployment(space, "stubborn", lab.image)),
        apps.deployment(space, "held-back", lab.image),
        _with_signs(apps.stateful_set(space, "signs", lab.image, template="none", replicas=1)),
        # Nobody provides a volume for it.
        apps.claim(space, "waits", storageClassName="nobody-provides"),
    )
    await apps.create_settings(lab.source, space, _SETTINGS)
    await lab.until_running(lab.source, space)
    # Somebody works on it: no pod has been made of what it says now.
    held = {"spec": {"paused": True, "template": {"metadata": {"annotations": {"says": "now"}}}}}
    await lab.source.patch(resources.DEPLOYMENTS, "held-back", held, namespace=space)
    apps.fill_big((await lab.folders(lab.source, space))["data"], random_mebibytes=_VOLUME_MEBIBYTES)
    await lab.apply(lab.target, apps.namespace(space), apps.item(resources.CONFIG_MAPS, space, "was-here-before", data={"mine": "stays"}))
    for kind, name in ((resources.SERVICE_ACCOUNTS, "default"), (resources.CONFIG_MAPS, "kube-root-ca.crt")):
        await lab.until_some(lab.target, kind, _named(name), namespace=space)
    await lab.plan(space, [space], volumes=1)
    return space


def _stubborn(deployment: Object) -> Object:
    """Its pod has no volume, and does not end before it is killed."""
    pod = deployment["spec"]["template"]["spec"]
    pod["terminationGracePeriodSeconds"] = 6
    pod["containers"][0]["command"] = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]
    return deployment


async def _nothing_was_rolled_out(lab: labs.Lab, space: str) -> None:
    """What a paused Deployment holds back is held back, and no ReplicaSet has marks that a Deployment had copied to it."""
    pods = await lab.source.list_all(resources.PODS, namespace=space, label_selector="app=held-back")
    assert [(pod["metadata"].get("annotations") or {}).get("says") for pod in pods] == [None]
    for item in await lab.source.list_all(resources.REPLICA_SETS, namespace=space):
        assert not {names.PRE_QUIESCE_REPLICAS, names.QUIESCED_BY} & item["metadata"].get("annotations", {}).keys(), item["metadata"][
            "name"
        ]


def _with_signs(stateful_set: Object) -> Object:
    """Its command has signs that encoders of JSON write in more than one way; the server keeps them in a ControllerRevision, byte by byte."""
    del stateful_set["spec"]["volumeClaimTemplates"]
    container = stateful_set["spec"]["template"]["spec"]["containers"][0]
    del container["volumeMounts"]
    container["command"] = ["sh", "-c", "true && sleep infinity > /dev/null"]
    return stateful_set


async def _canceled(lab: labs.Lab, space: str) -> Object:
    name, wish = f"{space}-final", json.dumps({"spec": {"canceled": True}})
    await lab.kubectl(lab.target, "patch", "migmigration", name, "-n", labs.TOOLKIT, "--type=merge", "-p", wish)
    done = await lab.over(name)
    assert planes.found(done).keys() == {"Canceled"}, (planes.found(done), done["status"].get("errors"))
    return done


async def _until_nothing_is_left(lab: labs.Lab, space: str) -> None:
    """Of ours only the Mig* objects and the plan's locations stay.

    What belonged to a deleted Backup or Restore is collected by its cluster a moment later, and the target's copies of Backups go when
    its engine reads the bucket again.
    """
    kinds = (resources.BACKUPS, resources.RESTORES, resources.POD_VOLUME_BACKUPS, resources.POD_VOLUME_RESTORES)
    for cluster in (lab.source, lab.target):
        for kind in (*kinds, resources.DELETE_BACKUP_REQUESTS):
            await lab.world.until_list(kind, lambda items: not any(space in item["metadata"]["name"] for item in items), cluster=cluster)
        assert await cluster.list_all(resources.PODS, namespace=space, label_selector=names.IS_STAGE_POD) == []


def _named(name: str) -> Callable[[Object], bool]:
    return lambda item: bool(item["metadata"]["name"] == name)


def _final(migration: Object) -> Callable[[Object], bool]:
    uid = migration["metadata"]["uid"]
    return lambda item: (item["metadata"].get("labels") or {}).get(names.FINAL_RESTORE) == uid and labs.phase(item) == "InProgress"
