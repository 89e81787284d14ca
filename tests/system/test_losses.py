"""Somebody or something takes volumes away while an application moves: nothing is lost for good, and nothing is claimed."""

from kit import apps, labs, planes
from mtc.kube import resources
from mtc.kube.client import Object

_VOLUME_MEBIBYTES = 100
_FILLED = frozenset(
    {"VolumesProved", "EnsureStagePodsDeleted", "EnsureStagePodsTerminated", "EnsureAnnotationsDeleted", "EnsureFinalRestore"}
)


async def test_a_target_namespace_that_is_deleted_fails_the_migration_and_a_rollback_and_another_one_bring_all(lab: labs.Lab) -> None:
    """The volume had arrived and had been compared; its claim goes with the namespace, and the final Restore makes that anew."""
    space = labs.unique("erased")
    await lab.apply(lab.source, apps.namespace(space), apps.claim(space, "data"), apps.deployment(space, "web", lab.image, claims=["data"]))
    await lab.until_running(lab.source, space)
    apps.fill_big((await lab.folders(lab.source, space))["data"], random_mebibytes=_VOLUME_MEBIBYTES)
    contents = await lab.contents(lab.source, space)
    await lab.plan(space, [space], volumes=1)
    name = f"{space}-final"
    await lab.start(space, name, quiescePods=True)
    await lab.until(resources.MIG_MIGRATIONS, name, lambda item: labs.phase(item) in _FILLED)
    await lab.kubectl(lab.target, "delete", "namespace", space, "--wait=false")
    failed = await lab.over(name)
    assert "Failed" in planes.found(failed), failed["status"]
    assert any(f"{space}/data" in text for text in failed["status"]["errors"]), failed["status"]["errors"]
    back = await lab.migrate(space, f"{space}-back", rollback=True, quiescePods=False)
    assert labs.succeeded(back), back["status"]
    await lab.until_running(lab.source, space)
    again = await lab.migrate(space, f"{space}-again", quiescePods=True)
    assert labs.succeeded(again), again["status"]
    await lab.until_running(lab.target, space)
    assert not labs.differences(contents, await lab.contents(lab.target, space))


async def test_a_set_that_would_delete_its_volumes_is_not_stopped(lab: labs.Lab) -> None:
    """The migration fails first, the set runs on with all that it has, and no rollback is needed."""
    space = labs.unique("keeper")
    database: Object = apps.stateful_set(space, "db", lab.image, template="data", replicas=1, size="64Mi")
    database["spec"]["persistentVolumeClaimRetentionPolicy"] = {"whenScaled": "Delete", "whenDeleted": "Retain"}
    await lab.apply(lab.source, apps.namespace(space), database, apps.deployment(space, "web", lab.image))
    await lab.until_running(lab.source, space)
    contents = await lab.contents(lab.source, space)
    await lab.plan(space, [space], volumes=1)
    failed = await lab.migrate(space, f"{space}-final", quiescePods=True)
    assert any(f"StatefulSet {space}/db deletes its claims" in text for text in failed["status"]["errors"]), failed["status"]
    assert failed["status"]["rollback"]["state"] == "not-required"
    found = await lab.source.get(resources.STATEFUL_SETS, "db", namespace=space)
    assert found["spec"]["replicas"] == 1
    assert not labs.differences(contents, await lab.contents(lab.source, space))
