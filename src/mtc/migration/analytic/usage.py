"""How full volumes are: read by the node agents, in whose pods the volumes of all pods of a node can be seen."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mtc.api import names
from mtc.kube import errors, resources, streams
from mtc.kube.client import Client, Object
from mtc.migration import parallel
from mtc.migration.analytic.volumes import Usage

#: Both names of the node agent's pods.
_AGENTS = frozenset({names.NODE_AGENT_NAME, names.NODE_AGENT_LEGACY_NAME})
_NODES_AT_ONCE = 10
#: Adding up millions of files takes minutes.
_EXEC_S = 100.0
# Each argument is <UID of a pod>/<volume>. CSI volumes are one folder deeper than others. A volume of several pods is read once.
_SCRIPT = r"""
for pair in "$@"; do
  for path in /host_pods/"${pair%%/*}"/volumes/*/"${pair#*/}"; do
    [ -d "$path" ] || continue
    [ -d "$path/mount" ] && path="$path/mount"
    echo "${pair#*/} df $(df -B1 --output=size,used "$path" | tail -n 1)"
    echo "${pair#*/} du $(du -s -B1 --apparent-size "$path" | cut -f 1)"
    break
  done
done
"""


@dataclass(frozen=True)
class Mounted:
    """A volume as one pod has it.

    Attributes:
        volume: name of the PersistentVolume.
        pod_uid: of a pod that runs and mounts it.
        node: where the pod runs.
    """

    volume: str
    pod_uid: str
    node: str


def mounted(claims: Iterable[Object], pods: Iterable[Object]) -> list[Mounted]:
    """Where volumes can be measured: one running pod for each claim of a namespace that has one."""
    by_claim = {claim["metadata"]["name"]: str(claim["spec"].get("volumeName") or "") for claim in claims}
    found: dict[str, Mounted] = {}
    for pod in pods:
        node = str((pod.get("spec") or {}).get("nodeName") or "")
        if (pod.get("status") or {}).get("phase") != "Running" or not node:
            continue
        for volume in pod["spec"].get("volumes") or []:
            name = by_claim.get(str((volume.get("persistentVolumeClaim") or {}).get("claimName")))
            if name:
                found.setdefault(name, Mounted(name, pod["metadata"]["uid"], node))
    return list(found.values())


async def measure(source: Client, volumes: Sequence[Mounted], *, namespace: str) -> dict[str, Usage]:
    """What was measured, by volume; a volume of which nothing could be read is missing.

    Args:
        source: the cluster, which may be read through mirrors.
        volumes: where to find them.
        namespace: of the toolkit.

    Raises:
        KubeError: the source failed.
    """
    if not volumes:
        return {}
    by_node = {
        str(pod["spec"].get("nodeName")): pod["metadata"]["name"]
        for pod in await source.list_all(resources.PODS, namespace=namespace)
        if (pod["metadata"].get("labels") or {}).get("name") in _AGENTS and (pod.get("status") or {}).get("phase") == "Running"
    }
    wanted: dict[str, list[Mounted]] = {}
    for item in volumes:
        if item.node in by_node:
            wanted.setdefault(by_node[item.node], []).append(item)
    found = await parallel.gather(
        (_of_agent(source.live, agent, items, namespace) for agent, items in wanted.items()), at_once=_NODES_AT_ONCE
    )
    return {name: usage for part in found for name, usage in part.items()}


async def _of_agent(source: Client, agent: str, volumes: list[Mounted], namespace: str) -> Mapping[str, Usage]:
    command = ["sh", "-c", _SCRIPT, "measure", *(f"{item.pod_uid}/{item.volume}" for item in volumes)]
    try:
        async with asyncio.timeout(_EXEC_S + 5):
            result = await streams.execute(source, agent, command, namespace=namespace, deadline_s=_EXEC_S)
    except (errors.ExecFailed, errors.ApiError, TimeoutError):
        return {}
    return parse(result.stdout.decode(errors="replace"))


def parse(text: str) -> dict[str, Usage]:
    """What the script has written; lines that are no figures say nothing."""
    found: dict[str, Usage] = {}
    for line in text.splitlines():
        match line.split():
            case [name, "df", size, used] if size.isdigit() and used.isdigit():
                before = found.get(name, Usage())
                found[name] = Usage(int(size), int(used), before.apparent_bytes)
            case [name, "du", apparent] if apparent.isdigit():
                before = found.get(name, Usage())
                found[name] = Usage(before.total_bytes, before.used_bytes, int(apparent))
    return found
