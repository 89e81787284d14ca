"""As whom rsync runs in a namespace. Pure.

Only root can give files their owners, so it is root wherever the namespace lets it be: one that enforces the level `restricted`
does not. A MigMigration can say otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mtc.api.migration.migmigration import MigMigrationSpec
from mtc.api.settings.model import ClusterSettings

_ENFORCED = "pod-security.kubernetes.io/enforce"
_ADMIT_ROOT = frozenset({"", "privileged", "baseline"})


@dataclass(frozen=True)
class Rights:
    """As whom containers run.

    Attributes:
        is_root: whether as root.
        container: their security context.
        pod: that of the pod.
    """

    is_root: bool
    container: Mapping[str, Any]
    pod: Mapping[str, Any]


def rights(labels: Mapping[str, str], settings: ClusterSettings, asked: MigMigrationSpec | None, *, groups: tuple[int, ...]) -> Rights:
    """As whom rsync runs.

    Args:
        labels: of the namespace.
        settings: of the cluster.
        asked: the spec of the migration, None where there is none.
        groups: further groups of the pod.
    """
    admitted = labels.get(_ENFORCED, "") in _ADMIT_ROOT
    is_root = admitted and (asked is None or asked.run_as_root is not False) and not (asked and asked.run_as_root is None and _other(asked))
    pod: dict[str, Any] = {"supplementalGroups": list(groups)} if groups else {}
    if not is_root:
        user = {
            key: value for key, value in (("runAsUser", asked and asked.run_as_user), ("runAsGroup", asked and asked.run_as_group)) if value
        }
        closed = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}
        return Rights(is_root=False, container={"runAsNonRoot": True, **user, **closed}, pod=pod)
    container: dict[str, Any] = {"runAsUser": 0, "runAsGroup": 0, "runAsNonRoot": False}
    if settings.rsync_privileged or settings.rsync_super_privileged:
        container["privileged"] = True
    if settings.rsync_super_privileged:
        container["seLinuxOptions"] = {"type": "spc_t"}
    return Rights(is_root=True, container=container, pod=pod)


def _other(asked: MigMigrationSpec) -> bool:
    """Whether another user is asked for."""
    return bool(asked.run_as_user)
