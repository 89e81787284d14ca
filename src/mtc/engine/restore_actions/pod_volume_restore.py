"""A pod whose volumes are in the backup is held back by an init container until the node agent has filled them.

The signal is a file in an emptyDir of the pod, so that nothing is ever written into the application's volumes.
"""

from mtc.api import helper_containers
from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object

CONTAINER = "restore-wait"
VOLUME = "mtc-restore-wait"
MOUNT = "/mtc-restore"
_STALE = frozenset({CONTAINER, "restic-wait"})
_RESTRICTED = {
    "runAsUser": 1000,
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


async def apply(pod: Object, subject: Subject) -> Outcome:
    """The pod, with the waiting container in front where there is data for it."""
    context, spec = subject.context, pod["spec"]
    drop(spec)
    copies = context.copies.get((subject.source_namespace, subject.original["metadata"]["name"]), [])
    present = {volume["name"] for volume in spec.get("volumes") or []}
    volumes = sorted({copy["spec"]["volume"] for copy in copies} & present)
    if not volumes:
        return Outcome(pod)
    first = (spec.get("containers") or [{}])[0]
    waiting = {
        "name": CONTAINER,
        "image": context.helper_image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/velero-restore-helper"],
        "args": [context.restore["metadata"]["uid"], *volumes],
        "resources": helper_containers.resources(await context.sizes.of(subject.target_namespace)),
        "securityContext": first.get("securityContext") or _RESTRICTED,
        "volumeMounts": [{"name": VOLUME, "mountPath": MOUNT}],
    }
    spec["initContainers"] = [waiting, *(spec.get("initContainers") or [])]
    spec["volumes"] = [*(spec.get("volumes") or []), {"name": VOLUME, "emptyDir": {}}]
    return Outcome(pod)


def drop(spec: Object) -> None:
    """Takes the waiting container of an earlier restore out of the spec of a pod."""
    spec["initContainers"] = [container for container in spec.get("initContainers") or [] if container["name"] not in _STALE]
    if spec.get("volumes"):
        spec["volumes"] = [volume for volume in spec["volumes"] if volume["name"] != VOLUME]
    if not spec["initContainers"]:
        del spec["initContainers"]


# After the stage pod has been built: actions run in the order of their names.
ACTION = Action("velero.io/pod-volume-restore", frozenset({"pods"}), apply)
