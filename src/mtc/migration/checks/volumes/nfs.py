"""NfsNotAccessible, NfsAccessCannotBeValidated: a volume on NFS can be moved where its server answers from the target."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope
from mtc.migration.volumes.nfs import PORT

_CLOSED, _UNKNOWN = conditions.NFS_NOT_ACCESSIBLE, conditions.NFS_ACCESS_CANNOT_BE_VALIDATED


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    found = []
    if scope.nfs.closed:
        message = (
            f"NFS servers [] of volumes of MigPlan {scope.ref} do not answer on port {PORT} from its target, cluster {scope.target_name}, so "
            "these volumes cannot be moved. Let the target reach the servers, or copy the volumes."
        )
        found.append(checks.warn(_CLOSED, "", message, items=sorted(scope.nfs.closed)))
    if scope.nfs.unknown:
        message = (
            f"Whether NFS servers [] of volumes of MigPlan {scope.ref} answer from its target, cluster {scope.target_name}, could not be "
            f"found out: {scope.nfs.why} Make sure that the engine runs there, or copy the volumes."
        )
        found.append(checks.error(_UNKNOWN, conditions.NOT_FOUND, message, items=sorted(scope.nfs.unknown)))
    return found


CHECK = checks.Check(order=25, types=(_CLOSED, _UNKNOWN), run=_run)
