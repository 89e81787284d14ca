"""Fields of Velero that would change what is saved or restored, and that this engine does not carry out. Pure.

To accept and ignore them would be a promise that is not kept: what cannot be left out is refused, the rest is told.
"""

from collections.abc import Mapping
from typing import Any

from mtc.api import names
from mtc.kube.client import Object

_INSTEAD = "Remove it, and do the same by a MigHook or by hand; or use Velero for this cluster."


def of_backup(spec: Mapping[str, Any]) -> list[str]:
    """Sentences on fields of a Backup that would have to be carried out."""
    found = []
    if (spec.get("hooks") or {}).get("resources"):
        found.append(f"spec.hooks: this engine runs no commands in pods before or after it reads them. {_INSTEAD}")
    if spec.get("resourcePolicy"):
        found.append(f"spec.resourcePolicy: this engine does not read policies for volumes. {_INSTEAD}")
    return found


def of_restore(spec: Mapping[str, Any]) -> list[str]:
    """Sentences on fields of a Restore that would have to be carried out."""
    found = []
    if (spec.get("hooks") or {}).get("resources"):
        found.append(f"spec.hooks: this engine runs no commands and adds no init containers in restored pods. {_INSTEAD}")
    if spec.get("resourceModifier"):
        found.append(f"spec.resourceModifier: this engine does not change objects by rules. {_INSTEAD}")
    if (spec.get("restoreStatus") or {}).get("includedResources"):
        found.append("spec.restoreStatus: this engine does not restore the status of objects. Remove it, or use Velero for this cluster.")
    return found


def warnings_of_backup(spec: Mapping[str, Any]) -> list[str]:
    """Sentences on fields of a Backup that make little difference."""
    if not spec.get("orderedResources"):
        return []
    return ["spec.orderedResources is not followed: objects of one type are stored in the order in which the API server lists them."]


def hooks_of_backup(pod: Object) -> str:
    """What is told of a pod that asks for commands when it is backed up; ""."""
    return _hooks(pod, (*names.BACKUP_HOOK_PREFIXES, names.BACKUP_POST_HOOK_PREFIX), "were not run while it was backed up")


def hooks_of_restore(pod: Object) -> str:
    """What is told of a pod that asks for commands or init containers when it is restored; ""."""
    return _hooks(pod, (names.RESTORE_POST_HOOK_PREFIX, names.RESTORE_INIT_HOOK_PREFIX), "were not run when it was restored")


def _hooks(pod: Object, prefixes: tuple[str, ...], what: str) -> str:
    meta = pod["metadata"]
    found = sorted(key for key in meta.get("annotations") or {} if key.startswith(prefixes) and key.endswith("/command"))
    if not found:
        return ""
    return (
        f"The commands in annotations of pod {meta.get('namespace')}/{meta['name']} ({', '.join(found)}) {what}: this engine has no such "
        "hooks. See that its data is consistent, for instance by a MigHook."
    )
