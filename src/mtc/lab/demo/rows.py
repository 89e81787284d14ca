"""Count what the shop's databases hold, inside a pod of the shop, so through its own Services, Secrets and accounts."""

import json
from dataclasses import dataclass

from mtc.kube import resources, streams
from mtc.kube.client import Client
from mtc.lab.demo import errors
from mtc.lab.demo.setting import SHOP
from mtc.lab.demo.until import has_condition

_COMMAND = ("python3", "/opt/shop/programs/inventory.py")
_DEADLINE_S = 300.0


@dataclass(frozen=True)
class Table:
    """A table, or the Redis keys of one kind: number of rows and a checksum over all of them."""

    rows: int
    checksum: str


Inventory = dict[tuple[str, str], Table]


async def read(cluster: Client) -> Inventory:
    """Each table by database and name.

    Raises:
        errors.StepFailed: the shop has no pod that can count, or it could not.
    """
    pods = await cluster.list_all(resources.PODS, namespace=SHOP, label_selector="app.kubernetes.io/name=api")
    ready = sorted(pod["metadata"]["name"] for pod in pods if has_condition(pod, "Ready") and not pod["metadata"].get("deletionTimestamp"))
    if not ready:
        raise errors.StepFailed(f"No pod of Deployment {SHOP}/api is ready on cluster {cluster.name}, so nothing can be counted.")
    result = await streams.execute(cluster, ready[0], _COMMAND, namespace=SHOP, container="api", deadline_s=_DEADLINE_S)
    if result.exit_code:
        last = result.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise errors.StepFailed(f"Counting in pod {SHOP}/{ready[0]} on cluster {cluster.name} failed: {' '.join(last)}")
    return parse(result.stdout)


def parse(text: bytes) -> Inventory:
    """What the counting program printed."""
    return {
        (database, table): Table(int(rows), str(checksum))
        for database, tables in json.loads(text).items()
        for table, (rows, checksum) in tables.items()
    }
