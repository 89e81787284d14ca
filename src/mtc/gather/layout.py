"""Where things are in an archive, the same for whoever writes and reads one. Pure.

must-gather/
  index.html                                      the summary, opens from disk
  manifest.json                                   what was taken, what was not and why, what was masked, clocks
  clusters/CLUSTER/version.json, discovery.json
  clusters/CLUSTER/namespaces/NS/GROUP/PLURAL.json        lists, an object a line; `core` is the group without a name
  clusters/CLUSTER/namespaces/NS/pods/POD/CONTAINER/CONTAINER/logs/{current,previous}.log
  clusters/CLUSTER/cluster-scoped-resources/GROUP/PLURAL.json
  clusters/CLUSTER/bucket/{backups,restores}/NAME/...     log and results of Backups and Restores, named as in the bucket
  metrics/prometheus_queries/METRIC.{json,html}   the controller's metrics as Prometheus would answer; all of them in metrics/POD.txt
  memory-profiles/NS/POD.txt                      objects in the controller's memory by type
  migplans/migplan-P/migmigration-M/backup-B/podvolumebackup-X.yml and so on: the objects of each plan, to be read by people
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtc.kube.client import Object
    from mtc.kube.resources import ResourceType

ROOT = "must-gather"
MANIFEST, SUMMARY = "manifest.json", "index.html"
VERSION, DISCOVERY = "version.json", "discovery.json"
PLANS = "migplans"
#: Of a list: its first and last line, and what stands between two objects.
HEAD, BETWEEN, END = b'{"apiVersion":"v1","kind":"List","items":[\n', b",\n", b"\n]}\n"
_CORE = "core"


def cluster(name: str) -> str:
    """The folder of a cluster."""
    return f"clusters/{name}"


def group(kind: "ResourceType") -> str:
    """The folder of an API group."""
    return kind.group or _CORE


def objects(where: str, kind: "ResourceType", namespace: str) -> str:
    """The list of the objects of a kind in a namespace, or of a kind without namespaces."""
    place = f"namespaces/{namespace}" if namespace else "cluster-scoped-resources"
    return f"{cluster(where)}/{place}/{group(kind)}/{kind.plural}.json"


def log(where: str, namespace: str, pod: str, container: str, *, previous: bool) -> str:
    """The log of a container."""
    return f"{cluster(where)}/namespaces/{namespace}/pods/{pod}/{container}/{container}/logs/{'previous' if previous else 'current'}.log"


def bucket(where: str) -> str:
    """What was taken from the bucket for a cluster; below it keys are as in the bucket."""
    return f"{cluster(where)}/bucket"


def query(metric: str, form: str) -> str:
    """A metric of the controller."""
    return f"metrics/prometheus_queries/{metric}.{form}"


def metrics_of(pod: str) -> str:
    """All metrics of a pod, as it told them."""
    return f"metrics/{pod}.txt"


def memory_of(namespace: str, pod: str) -> str:
    """What fills the memory of a pod."""
    return f"memory-profiles/{namespace}/{pod}.txt"


def entry(kind: "ResourceType", namespace: str) -> str:
    """A collection as the manifest names it."""
    return f"{namespace}/{kind.group_resource}" if namespace else kind.group_resource


def items(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The objects of a list, from its lines."""
    for line in lines:
        text = line.rstrip(b",\n")
        if text.startswith(b"{") and line != HEAD:
            yield text


def folder_name(item: "Object") -> str:
    """An object below its plan: its kind in small letters, and its name."""
    return f"{_SHORT.get(item['kind'], str(item['kind']).lower())}-{item['metadata']['name']}"


_SHORT = {
    "DirectVolumeMigration": "dvm",
    "DirectVolumeMigrationProgress": "dvmp",
    "DirectImageMigration": "dim",
    "DirectImageStreamMigration": "dism",
}
