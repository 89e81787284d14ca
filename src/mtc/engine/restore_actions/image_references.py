"""What runs images of the source's own registry runs those of the target's: host and namespace of references follow the migration.

The Restore says what both registries are called, where images have travelled; otherwise references stay as they are. Triggers by which
OpenShift follows ImageStreams follow those of the target's namespaces.
"""

from collections.abc import Iterable

from mtc.api import names
from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube import codec
from mtc.kube.client import Object

_TRIGGERS = "image.openshift.io/triggers"
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
_TEMPLATED = ("deployments.apps", "statefulsets.apps", "daemonsets.apps", "replicasets.apps", "replicationcontrollers", "jobs.batch",
              "deploymentconfigs.apps.openshift.io")  # fmt: skip


async def apply(item: Object, subject: Subject) -> Outcome:
    """The object with the references of the target."""
    notes = subject.context.restore["metadata"].get("annotations") or {}
    source, target = notes.get(names.BACKUP_REGISTRY_HOST), notes.get(names.RESTORE_REGISTRY_HOST)
    if not source or not target:
        return Outcome(item)
    for container in _containers(item):
        if container.get("image"):
            container["image"] = _reference(str(container["image"]), subject, source=source, target=target)
    for trigger in (item.get("spec") or {}).get("triggers") or []:
        changes = trigger.get("imageChangeParams") or {}
        _follow([changes], subject)
        if changes.get("lastTriggeredImage"):
            changes["lastTriggeredImage"] = _reference(changes["lastTriggeredImage"], subject, source=source, target=target)
    _follow_annotation(item, subject)
    return Outcome(item)


def _containers(item: Object) -> Iterable[Object]:
    spec = item.get("spec") or {}
    if item["kind"] == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    pod = spec if item["kind"] == "Pod" else (spec.get("template") or {}).get("spec") or {}
    return [container for key in _CONTAINERS for container in pod.get(key) or []]


def _reference(image: str, subject: Subject, *, source: str, target: str) -> str:
    """The image in the target: in the namespace to which its own goes."""
    if not image.startswith(f"{source}/"):
        return image
    namespace, slash, rest = image.removeprefix(f"{source}/").partition("/")
    return f"{target}/{subject.context.target_namespace(namespace)}{slash}{rest}"


def _follow(triggers: Iterable[Object], subject: Subject) -> bool:
    """Leads triggers to the streams of the target; whether there was anything to do."""
    changed = False
    for trigger in triggers:
        origin = trigger.get("from") or {}
        if (namespace := origin.get("namespace")) and subject.context.target_namespace(namespace) != namespace:
            origin["namespace"], changed = subject.context.target_namespace(namespace), True
    return changed


def _follow_annotation(item: Object, subject: Subject) -> None:
    """The same where an annotation holds them."""
    notes = item["metadata"].get("annotations") or {}
    try:
        triggers = codec.loads(notes.get(_TRIGGERS) or "[]")
    except ValueError:
        return  # whatever it is, OpenShift does not follow it either
    if isinstance(triggers, list) and _follow([trigger for trigger in triggers if isinstance(trigger, dict)], subject):
        item["metadata"]["annotations"] = notes | {_TRIGGERS: codec.dumps(triggers).decode()}


ACTION = Action("migration.openshift.io/image-references", frozenset({"pods", "cronjobs.batch", *_TEMPLATED}), apply)
