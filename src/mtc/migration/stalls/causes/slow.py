"""A copy or an engine is at work and does not get on."""

from collections.abc import Iterable

from mtc.api import names
from mtc.kube import resources
from mtc.migration import velero_crs
from mtc.migration.outcome import Subject
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.look import Look, is_over, is_ready, phase_of, title


async def find(look: Look) -> Iterable[Blocker]:
    """The volumes; where none is left, the Backup or Restore."""
    copies = [copy for copy in look.copies if phase_of(copy.item) == "InProgress"]
    if copies:
        return [await _of_copy(look, copy) for copy in copies]
    if look.copies:
        return []
    whole = look.awaited(resources.BACKUPS, resources.RESTORES)
    return [_of_whole(look, item) for item in whole if not is_over(item.item) and phase_of(item.item) not in velero_crs.NOT_BEGUN]


async def _of_copy(look: Look, copy: Subject) -> Blocker:
    space = look.scope.namespace
    pod = await look.pod_of(copy) or {}
    node = copy.item["spec"].get("node") or (pod.get("spec") or {}).get("nodeName")
    agents = [agent for agent in await look.agents(copy.cluster) if is_ready(agent)]
    mine = next((agent["metadata"]["name"] for agent in agents if (agent.get("spec") or {}).get("nodeName") == node), "")
    where = mine or f"daemonset/{names.NODE_AGENT_NAME}"
    of_pod = copy.item["spec"].get("pod") or {}
    volume = f"volume {copy.item['spec'].get('volume')} of Pod {of_pod.get('namespace')}/{of_pod.get('name')}"
    return Blocker(title(copy), f"no byte of {volume} has moved for {look.quiet}.", f"kubectl -n {space} logs {where}")


def _of_whole(look: Look, item: Subject) -> Blocker:
    why = f"its engine is at work, and no object was done for {look.quiet}."
    return Blocker(title(item), why, f"kubectl -n {look.scope.namespace} logs deployment/{names.VELERO_NAME}")


CAUSE = Cause(order=200, reason="NothingMoves", find=find)
