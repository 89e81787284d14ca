"""How many migrations there are in which state, for Prometheus: `cam_app_workload_migrations`.

Every combination of labels is always told, zeros included: one that is left out would stay what it was at the look before.
"""

import itertools
from collections import Counter
from collections.abc import Iterable

from prometheus_client.core import Metric

from mtc.api import conditions
from mtc.api.migration.migmigration import MigMigration
from mtc.kube import errors, resources
from mtc.kube.client import Client
from mtc.kube.mirror import Follower
from mtc.kube.reading import Readings
from mtc.kube.served import ServedKinds
from mtc.telemetry import logs
from mtc.telemetry.metrics import MIGRATIONS

TYPES = ("stage", "final")
STATES = ("idle", "running", "completed", "failed")


async def read(host: Client, served: ServedKinds, *, namespace: str) -> list[Metric]:
    """The metric; none while the host cluster does not answer.

    Args:
        host: the cluster of the Mig* objects.
        served: gives the mirrors that plans read migrations from.
        namespace: where they are.
    """
    readings = Readings(served, Follower("metrics", lambda _after_s, _found: None))
    try:
        found = await readings.of(host).list_all(resources.MIG_MIGRATIONS, namespace=namespace)
    except errors.KubeError as error:
        logs.get().warning("migrations not counted", error=str(error))
        return []
    return [of_migrations(MigMigration.readable(found))]


def of_migrations(migrations: Iterable[MigMigration]) -> Metric:
    """The metric of these migrations."""
    counts = Counter((type_of(item), state_of(item)) for item in migrations)
    metric = Metric(MIGRATIONS, "MigMigrations by type and status.", "gauge")
    for kind, state in itertools.product(TYPES, STATES):
        metric.add_sample(MIGRATIONS, {"type": kind, "status": state}, counts[kind, state])
    return metric


def type_of(migration: MigMigration) -> str:
    """Whether a migration is one of stage; every other is final."""
    return "stage" if migration.spec.stage else "final"


def state_of(migration: MigMigration) -> str:
    """Where a migration stands; one that ended with warnings is completed, one that was canceled before anything happened is idle."""
    found = migration.status.conditions
    if migration.has_succeeded:
        return "completed"
    if conditions.has(found, conditions.FAILED):
        return "failed"
    return "running" if conditions.has(found, conditions.RUNNING) else "idle"
