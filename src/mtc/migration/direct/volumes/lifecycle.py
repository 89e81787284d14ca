"""Direct volume migrations from their creation to their deletion: what the controller runs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.errors import MtcError
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import progress as words
from mtc.migration.clusters import Clusters
from mtc.migration.direct import course
from mtc.migration.direct.course import Stepper
from mtc.migration.direct.volumes import declared, files, itinerary, leftovers
from mtc.migration.direct.volumes.scope import Scope
from mtc.migration.reconcile_cluster import utc_now
from mtc.migration.settings import Live
from mtc.telemetry import logs

#: A cluster may be restarted meanwhile.
_PATIENCE = timedelta(minutes=10)
FINALIZER = "migration.openshift.io/directvolumemigrationfinalizer"


def stepper(
    clusters: Clusters, *, namespace: str, settings: Live, wake: Callable[[Any], None], clock: Callable[[], datetime] = utc_now
) -> Stepper[Scope]:
    """What steps them.

    Args:
        clusters: clients of clusters.
        namespace: where the toolkit lives on every cluster.
        settings: of the installation.
        wake: called with the name of one that should be stepped now.
        clock: the time.
    """

    async def look(read: Object) -> tuple[Scope | None, list[Condition]]:
        return await declared.look(read, clusters=clusters, namespace=namespace, live=settings, clock=clock)

    async def release(read: Object) -> bool:
        if course.is_over(read) and conditions.has(conditions.readable(read["status"]), conditions.SUCCEEDED):
            return True
        try:
            scope, _ = await look(read)
        except MtcError as error:
            # What such a cluster keeps opens nothing any more; an object that can never be deleted would keep its namespace.
            given_up = _deleted_for(read, clock()) > _PATIENCE
            logs.get(copy=read["metadata"]["name"]).warning("copy not cleared away", error=str(error), given_up=given_up)
            return given_up
        if scope is None:
            # A cluster that is not described any more cannot be cleared; one that does not answer is waited for.
            return await declared.is_gone(read, clusters)
        found = await leftovers.of_own(scope)
        await leftovers.delete(found)
        if (scope.dvm.status.phase or "") not in itinerary.BEFORE_KEYS:
            await files.take_away(scope)
        return not found

    return Stepper(
        resources.DIRECT_VOLUME_MIGRATIONS,
        host=clusters.host,
        look=look,
        course=itinerary.COURSE,
        release=release,
        finalizer=FINALIZER,
        wake=wake,
        clock=clock,
    )


def _deleted_for(read: Object, now: datetime) -> timedelta:
    asked = words.parse_time(read["metadata"].get("deletionTimestamp"))
    return now - asked if asked else timedelta()
