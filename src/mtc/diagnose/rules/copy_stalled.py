"""The copy of a volume has not moved for minutes, with no error."""

from collections.abc import Iterable
from datetime import datetime

from mtc.diagnose import finding
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Finding, Rule
from mtc.words import N_, _

#: A node agent takes an object within seconds; progress is written every few.
_TAKEN_S, _MOVES_S = 90.0, 300.0


def _find(case: Case) -> Iterable[Finding]:
    waiting = [volume for volume in case.volumes if _stands(case, volume)]
    yield from finding.one(
        _("The copy of {volumes} does not move, and nothing says why.").format(volumes=finding.listed(map(finding.thing, waiting))),
        map(finding.thing, waiting),
        [Evidence(finding.thing(volume), "status", _state(volume)) for volume in waiting[:5]],
        [
            _("look at the node agent of that node: `mtc logs {name} --component node-agent`").format(name=case.name),
            _(
                "restart it where it says nothing: `kubectl -n {namespace} delete pod -l role=node-agent`; copies go on or are repeated"
            ).format(namespace=case.snapshot.namespace),
            _("for a PodVolumeRestore: look at its pod on the target, which must wait in its init container"),
        ],
    )


def _stands(case: Case, volume: Placed) -> bool:
    if volume.phase in {"", "New"}:
        return _since_s(case, volume.item["metadata"].get("creationTimestamp")) > _TAKEN_S
    if volume.phase != "InProgress":
        return False
    # Nothing else says when progress was written last: without it nobody knows whether it still is.
    times = [entry.get("time") for entry in volume.item["metadata"].get("managedFields") or () if entry.get("time")]
    return bool(times) and _since_s(case, max(times)) > _MOVES_S


def _since_s(case: Case, time: str | None) -> float:
    return (case.snapshot.taken - datetime.fromisoformat(time)).total_seconds() if time else 0.0


def _state(volume: Placed) -> str:
    progress = volume.status.get("progress") or {}
    return f"phase {volume.phase or 'not set'}, {progress.get('bytesDone', 0)} of {progress.get('totalBytes', '?')} bytes"


RULE = Rule(
    "copy-stalled",
    finding.VOLUME + 9,
    N_("PodVolumeBackups and PodVolumeRestores that have not ended"),
    N_("one is not taken within 90 seconds, or shows no progress for 5 minutes"),
    _find,
)
