"""KubeVirtNotInstalledSourceCluster, KubeVirtVersionNotSupported, KubeVirtStorageLiveMigrationNotEnabled.

Looked for where the plan wants running virtual machines moved without stopping them. None of these keeps it from being Ready:
machines are stopped while their disks are copied, as the rest of the application is.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.kube.client import Object
from mtc.migration import checks
from mtc.migration.checks.plan import Scope

_ABSENT, _OLD, _OFF = (
    conditions.KUBEVIRT_NOT_INSTALLED,
    conditions.KUBEVIRT_VERSION_NOT_SUPPORTED,
    conditions.KUBEVIRT_LIVE_MIGRATION_NOT_ENABLED,
)
_FIRST = (1, 3, 0)
#: From here on the features need no gates.
_WITHOUT_GATES = (1, 5, 0)
_GATES = frozenset({"VolumesUpdateStrategy", "VolumeMigration", "VMLiveUpdateFeatures"})
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if not scope.plan.spec.live_migrate:
        return []
    told: dict[str, list[str]] = {_ABSENT: [], _OLD: [], _OFF: []}
    for cluster, found in scope.kubevirts.items():
        if len(found) != 1:
            told[_ABSENT].append(f"cluster {cluster} has {'no KubeVirt object' if not found else f'{len(found)} KubeVirt objects'}")
            continue
        version = version_of(found[0])
        if version is None or version < _FIRST:
            told[_OLD].append(f"cluster {cluster} runs {_word(found[0])}")
        elif why := switched_off(found[0], version):
            told[_OFF].append(f"on cluster {cluster} {why}")
    start = f"MigPlan {scope.ref} wants virtual machines moved while they run (spec.liveMigrate), and"
    stopped = "They will be stopped while their volumes are copied."
    texts = {
        _ABSENT: f"{start} {{}}. Where there are virtual machines, install KubeVirt, once; where there are none, nothing is missing.",
        _OLD: f"{start} {{}}, where KubeVirt 1.3.0 is the first that can do it. {stopped} Update KubeVirt to move them while they run.",
        _OFF: f"{start} {{}}. {stopped} Switch storage live migration on in the KubeVirt object to move them while they run.",
    }
    advised = [(_ABSENT, checks.advisory, conditions.NOT_FOUND)] if told[_ABSENT] else []
    warned = [(type_, checks.warn, conditions.NOT_SUPPORTED) for type_ in (_OLD, _OFF) if told[type_]]
    return [make(type_, reason, texts[type_].format(" and ".join(told[type_]))) for type_, make, reason in [*advised, *warned]]


def version_of(kubevirt: Object) -> tuple[int, int, int] | None:
    """The version of KubeVirt that its object tells, None where it tells none."""
    found = _VERSION.match(_word(kubevirt))
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _word(kubevirt: Object) -> str:
    status = kubevirt.get("status") or {}
    return str(status.get("operatorVersion") or status.get("observedKubeVirtVersion") or "a version that it does not tell")


def switched_off(kubevirt: Object, version: tuple[int, int, int]) -> str:
    """What keeps storage of running machines from being migrated, "" where nothing does."""
    configuration: Mapping[str, Any] = (kubevirt.get("spec") or {}).get("configuration") or {}
    if configuration.get("vmRolloutStrategy") != "LiveUpdate":
        return "spec.configuration.vmRolloutStrategy of the KubeVirt object is not LiveUpdate"
    developer = configuration.get("developerConfiguration")
    if developer is None:
        return "the KubeVirt object has no spec.configuration.developerConfiguration"
    missing = sorted(_GATES - set(developer.get("featureGates") or []))
    if version < _WITHOUT_GATES and missing:
        return f"the KubeVirt object lacks the feature gates {', '.join(missing)}"
    return ""


CHECK = checks.Check(order=140, types=(_ABSENT, _OLD, _OFF), run=_run)
