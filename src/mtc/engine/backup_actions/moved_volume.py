"""A volume that a migration moves must outlive its claim: Retain, on the cluster and in the archive."""

from mtc.api import names
from mtc.engine.actions import Action, Outcome
from mtc.engine.backup.context import Context
from mtc.kube import resources
from mtc.kube.client import Object


async def apply(volume: Object, context: Context) -> Outcome:
    """The volume; its reclaim policy is Retain when it is marked as moved."""
    marked = (volume["metadata"].get("annotations") or {}).get(names.MIGRATE_TYPE) == "move"
    if marked and volume["spec"].get("persistentVolumeReclaimPolicy") != "Retain":
        patch = {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}
        await context.cluster.patch(resources.PERSISTENT_VOLUMES, volume["metadata"]["name"], patch)
        volume["spec"]["persistentVolumeReclaimPolicy"] = "Retain"
    return Outcome(volume)


ACTION = Action("migration.openshift.io/moved-volume", frozenset({"persistentvolumes"}), apply)
