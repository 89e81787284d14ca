"""No node agent runs where the volume is."""

from collections.abc import Iterable

from mtc.api import names
from mtc.kube import resources
from mtc.migration.outcome import Subject
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.look import Look, is_ready, phase_of, title

#: One that is Accepted waits for its turn in the hands of an agent.
_NOT_TAKEN = frozenset({"", "New"})


async def find(look: Look) -> Iterable[Blocker]:
    """One for each volume."""
    found = [await _of(look, copy) for copy in [*look.copies, *look.proofs]]
    return [entry for entry in found if entry]


async def _of(look: Look, copy: Subject) -> Blocker | None:
    space, agents = look.scope.namespace, await look.agents(copy.cluster)
    ready = [agent for agent in agents if is_ready(agent)]
    look_at = f"kubectl -n {space} describe daemonset {names.NODE_AGENT_NAME}"
    if not ready:
        why = f"no node agent is ready on that cluster ({len(agents)} pods of DaemonSet {space}/{names.NODE_AGENT_NAME}); they copy and compare the volumes."
        return Blocker(title(copy), why, look_at)
    node = await _node(look, copy)
    if not node:
        return None  # its pod has no node yet, which is told of the pod
    mine = next((agent for agent in ready if (agent.get("spec") or {}).get("nodeName") == node), None)
    if mine is None:
        why = f"no node agent is ready on node {node}, where the volume is. Node selectors, taints or a broken pod may be the reason."
        return Blocker(title(copy), why, f"kubectl -n {space} get pods -o wide --field-selector spec.nodeName={node}")
    if phase_of(copy.item) not in _NOT_TAKEN or not await _can_begin(look, copy):
        return None
    name = mine["metadata"]["name"]
    return Blocker(title(copy), f"the node agent {space}/{name} of node {node} has not taken it.", f"kubectl -n {space} logs {name}")


async def _node(look: Look, copy: Subject) -> str:
    if node := copy.item["spec"].get("node"):
        return str(node)
    pod = await look.pod_of(copy)
    return str(((pod or {}).get("spec") or {}).get("nodeName") or "")


async def _can_begin(look: Look, copy: Subject) -> bool:
    """A volume of the target is filled while its pod initialises; before that its pod is what blocks."""
    if copy.item["kind"] == resources.POD_VOLUME_BACKUPS.kind:
        return True
    pod = await look.pod_of(copy) or {}
    started = (pod.get("status") or {}).get("initContainerStatuses") or []
    return any((entry.get("state") or {}).get("running") for entry in started)


CAUSE = Cause(order=30, reason="NoNodeAgent", find=find)
