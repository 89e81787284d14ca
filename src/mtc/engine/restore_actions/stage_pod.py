"""In the stage restore of a migration a pod is only there to have its volumes filled.

What runs is a sleeping container of our own image that mounts the copied claims. Everything else of the application's pod
goes: it may need ConfigMaps that are not there yet, and its labels would draw traffic and controllers.

In a migration of state the target gets claims and nothing else: where it does not have the service account, the pod takes the
default one. Within one namespace the pod that was backed up is still there, so its copy gets another name.
"""

from mtc.api import helper_containers, names
from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube import resources
from mtc.kube.client import Object

_KEPT_LABELS = frozenset({names.PART_OF, names.IS_APPLICATION_POD, names.MIGRATED_BY_MIGPLAN, names.MIGRATED_BY_MIGMIGRATION,
                          names.MIGRATED_BY_BACKUP, "migplan", "migmigration"})  # fmt: skip
_DEFAULT_ACCOUNT = "default"
#: Of the Kubernetes API for the name of a pod.
_LONGEST = 253
_COPY = "-copy"


async def apply(pod: Object, subject: Subject) -> Outcome:
    """The sleeping pod; pods of other restores stay as they are."""
    if not subject.context.is_stage:
        return Outcome(pod)
    meta, spec = pod["metadata"], pod["spec"]
    excluded = {name.strip() for name in (meta.get("annotations") or {}).get(names.EXCLUDE_PVCS, "").split(",")}
    volumes = [volume for volume in spec.get("volumes") or [] if volume.get("persistentVolumeClaim") and volume["name"] not in excluded]
    kept = {key: value for key, value in (meta.get("labels") or {}).items() if key in _KEPT_LABELS}
    meta["labels"] = kept | {names.IS_STAGE_POD: names.TRUE}
    meta["annotations"] = {}
    if subject.context.claim_names is not None and subject.source_namespace == subject.target_namespace:
        meta["annotations"] = {names.STAGE_POD_OF: meta["name"]}
        meta["name"] = meta["name"][: _LONGEST - len(_COPY)] + _COPY
        # Nobody must take it for the pod of the application that was backed up.
        meta["labels"].pop(names.IS_APPLICATION_POD, None)
    image = (subject.context.restore["metadata"].get("annotations") or {}).get(names.STAGE_POD_IMAGE) or subject.context.helper_image
    pod["spec"] = {
        "containers": [
            {
                "name": "sleep",
                "image": image,
                "command": ["sleep", "infinity"],
                "resources": helper_containers.resources(await subject.context.sizes.of(subject.target_namespace)),
                "volumeMounts": [{"name": volume["name"], "mountPath": f"/var/data/{index}"} for index, volume in enumerate(volumes)],
                **_security(spec),
            }
        ],
        "volumes": volumes,
        "serviceAccountName": await _account(spec, subject),
        "automountServiceAccountToken": False,
        "securityContext": spec.get("securityContext") or {},
        # `sleep` as process 1 ignores SIGTERM: without this every stage pod takes half a minute to go.
        "terminationGracePeriodSeconds": 0,
    }
    return Outcome(pod)


async def _account(spec: Object, subject: Subject) -> str:
    """The service account of the pod; in a migration of state only where the target has it."""
    name = str(spec.get("serviceAccountName") or _DEFAULT_ACCOUNT)
    if subject.context.claim_names is None or name == _DEFAULT_ACCOUNT:
        return name
    found = await subject.context.cluster.find(resources.SERVICE_ACCOUNTS, name, namespace=subject.target_namespace)
    return name if found else _DEFAULT_ACCOUNT


def _security(spec: Object) -> Object:
    found = next((container["securityContext"] for container in spec.get("containers") or [] if container.get("securityContext")), None)
    return {"securityContext": found} if found else {}


ACTION = Action("migration.openshift.io/stage-pod", frozenset({"pods"}), apply)
