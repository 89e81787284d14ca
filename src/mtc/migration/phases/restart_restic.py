"""RestartRestic: restarts the node agents of clusters in which they would not see volumes mounted after their start."""

from mtc.api import names
from mtc.api.migration.migcluster import MigCluster
from mtc.kube import resources
from mtc.migration import stale
from mtc.migration.flags import Flags
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope

#: Kubernetes 1.7 and 1.9 (OpenShift 3.7 and 3.9) do not propagate mounts into running pods.
_BLIND_MINORS = frozenset({7, 9})
PODS = f"name in ({names.NODE_AGENT_NAME},{names.NODE_AGENT_LEGACY_NAME})"


def applies(flags: Flags) -> bool:
    """Where stage pods exist."""
    return flags.has_stage_pods


async def is_needed(scope: Scope) -> bool:
    """What the MigCluster says, else whether the source is one of the old versions."""
    cluster = MigCluster.from_dict(
        await scope.host.get(resources.MIG_CLUSTERS, scope.source_ref.name, namespace=scope.source_ref.namespace)
    )
    if cluster.spec.restart_restic is not None:
        return cluster.spec.restart_restic
    version = await scope.source.version()
    minor = "".join(character for character in version.get("minor", "") if character.isdigit())
    return version.get("major") == "1" and minor.isdigit() and int(minor) in _BLIND_MINORS


async def run(scope: Scope) -> Outcome:
    """Deletes their running pods on the source."""
    if await is_needed(scope):
        await stale.restart(scope, scope.source, PODS)
    return Done()


PHASE = Phase(
    name="RestartRestic",
    step="StageBackup",
    description="Restarting node agents that would not see the volumes of the stage pods.",
    applies=applies,
    run=run,
    light=True,
)
