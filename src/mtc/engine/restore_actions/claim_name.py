"""In a migration of state, claims get the names that the plan gives them, and pods mount them by these names."""

from collections.abc import Mapping

from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object


async def apply(item: Object, subject: Subject) -> Outcome:
    """The claim, pod or volume with the new names; the same where nothing gets another name."""
    wanted = subject.context.claim_names
    if not wanted:
        return Outcome(item)
    match item["kind"]:
        case "PersistentVolumeClaim":
            item["metadata"]["name"] = _new(wanted, subject.source_namespace, item["metadata"]["name"])
        case "Pod":
            for volume in item["spec"].get("volumes") or []:
                if claim := volume.get("persistentVolumeClaim"):
                    claim["claimName"] = _new(wanted, subject.source_namespace, claim["claimName"])
        case "PersistentVolume":
            # Of a moved volume; the namespace of its claim has been mapped by now.
            if claim := item["spec"].get("claimRef"):
                mapped = {target: source for source, target in subject.context.mapping.items()}
                claim["name"] = _new(wanted, mapped.get(claim["namespace"], claim["namespace"]), claim["name"])
    return Outcome(item)


def _new(wanted: Mapping[str, str], namespace: str, name: str) -> str:
    return wanted.get(f"{namespace}/{name}", name)


ACTION = Action("migration.openshift.io/claim-name", frozenset({"persistentvolumeclaims", "persistentvolumes", "pods"}), apply)
