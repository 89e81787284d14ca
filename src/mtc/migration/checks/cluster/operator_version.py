"""ClusterOperatorVersionNotFound, OperatorVersionMismatch: all clusters should run one version of the toolkit."""

import re
from collections.abc import Sequence

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.cluster import Scope

_KEY = "OPERATOR_VERSION"


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if scope.settings is None:
        return []
    version = scope.settings.operator_version
    if not version:
        which = f"cluster {scope.cluster.name}" if scope.is_remote else "the host cluster"
        message = (
            f"The version of the toolkit on {which} is not known: its ConfigMap {scope.namespace}/{names.CLUSTER_CONFIG_MAP} "
            f"has no key {_KEY}. Migrations run; nobody can tell whether the clusters fit together. Install the toolkit there, or add the key."
        )
        return [checks.warn(conditions.CLUSTER_OPERATOR_VERSION_NOT_FOUND, conditions.VERSION_NOT_FOUND, message)]
    if scope.is_remote and scope.host_version and not are_compatible(version, scope.host_version):
        message = (
            f"Cluster {scope.cluster.name} runs version {version} of the toolkit and the host cluster {scope.host_version}. "
            "Migrations from or to it may fail or lose data. Install the same version on both."
        )
        return [checks.warn(conditions.OPERATOR_VERSION_MISMATCH, conditions.VERSION_CHECK_FAILED, message)]
    return []


def are_compatible(one: str, other: str) -> bool:
    """Whether two versions may work together: the same, or 1.5.z from 1.5.1 on with 1.6 or newer (the last one for OpenShift 3)."""
    return one == other or _bridges(one, other) or _bridges(other, one)


def _bridges(old: str, new: str) -> bool:
    before, after = _numbers(old), _numbers(new)
    return before[:2] == (1, 5) and before >= (1, 5, 1) and after[:1] == (1,) and after >= (1, 6)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


CHECK = checks.Check(
    order=60,
    types=(conditions.CLUSTER_OPERATOR_VERSION_NOT_FOUND, conditions.OPERATOR_VERSION_MISMATCH),
    run=_run,
    after_critical=False,
)
