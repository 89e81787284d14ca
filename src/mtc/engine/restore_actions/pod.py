"""A pod is scheduled anew, and brings its claims and its priority class."""

from mtc.engine.actions import Action, Outcome, Related
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object


async def apply(pod: Object, subject: Subject) -> Outcome:
    """The pod without what the other cluster decided for it."""
    spec = pod["spec"]
    for key in ("nodeName", "priority"):
        spec.pop(key, None)
    drop_token_volumes(spec)
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in spec.get("volumes") or [] if volume.get("persistentVolumeClaim")]
    related = [Related("persistentvolumeclaims", subject.source_namespace, claim) for claim in claims]
    if spec.get("priorityClassName"):
        related.append(Related("priorityclasses.scheduling.k8s.io", "", spec["priorityClassName"]))
    return Outcome(pod, tuple(related))


def drop_token_volumes(spec: Object) -> None:
    """Token volumes are injected again by the API server; the old ones name Secrets, or roots, of the other cluster."""
    prefixes = (f"{spec.get('serviceAccountName', 'default')}-token-", "kube-api-access-")
    if not spec.get("volumes"):
        return
    spec["volumes"] = [volume for volume in spec["volumes"] if not volume["name"].startswith(prefixes)]
    for container in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]:
        if container.get("volumeMounts"):
            container["volumeMounts"] = [mount for mount in container["volumeMounts"] if not mount["name"].startswith(prefixes)]


ACTION = Action("velero.io/pod", frozenset({"pods"}), apply)
