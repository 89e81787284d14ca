"""Volumes: each node agent that filled one is asked to compare it with the snapshot, and its answers are added up.

The stage pods hold the volumes mounted, and nothing of the application runs on the target yet: that is why this comes with
the stage Restore, volume by volume as they are filled, and not at the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mtc.api import names, proof
from mtc.api.proof import ProofDifference
from mtc.engine import layout
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import parallel, velero_crs, velero_waits
from mtc.migration.phases import ensure_stage_restore
from mtc.migration.proof.verdict import Findings
from mtc.migration.scope import Scope

_KEPT = 20
#: Part of the name of a report about one volume; the report of the whole is made of them.
_REPORT_OF_VOLUME = "proof-volume-"


@dataclass(frozen=True)
class Asked:
    """The volumes of a migration.

    Attributes:
        items: the PodVolumeRestores that have filled them.
        answers: of those that were asked, None where none has come yet; the same order as `asked`.
        asked: those that can answer.
        missing: why there is nothing to ask, "" where there is.
    """

    items: Sequence[Object] = ()
    asked: Sequence[Object] = ()
    answers: Sequence[proof.VolumeAnswer | None] = ()
    missing: str = ""

    @property
    def waiting(self) -> list[Object]:
        """Those that have not answered."""
        return [item for item, answer in zip(self.asked, self.answers, strict=True) if answer is None]


async def ask(scope: Scope) -> Asked:
    """Asks whoever has not been asked, and reads what has been answered."""
    restore = await velero_crs.find(scope, velero_crs.STAGE_RESTORE)
    if restore is None:
        return Asked(missing="The stage Restore of this migration was deleted, so its volumes could not be found.")
    items = await _filled(scope, restore)
    can = [item for item in items if _is_provable(item)]
    await _ask_all(scope, restore, can)
    return Asked(items, can, [proof.read_answer(_annotation(item, names.PROOF), _report(restore, item)) for item in can])


async def ask_filled(scope: Scope, restore: Object, items: Iterable[Object]) -> None:
    """Asks about the volumes that are filled while others still are being filled: by the time the largest has arrived, small ones are compared."""
    filled = [item for item in items if velero_crs.phase_of(item) == "Completed"]
    await _ask_all(scope, restore, [item for item in filled if _is_provable(item)])


async def reports(scope: Scope, restore: Object | None) -> list[str]:
    """Keys in the bucket of what node agents report about the volumes of a stage Restore; there is none where nothing differs."""
    return [_report(restore, item) for item in await _filled(scope, restore)] if restore else []


async def _filled(scope: Scope, restore: Object) -> list[Object]:
    found = await velero_waits.volume_objects(scope, velero_crs.STAGE_RESTORE, restore)
    return sorted(found, key=lambda item: str(item["metadata"]["name"]))


def _report(restore: Object, item: Object) -> str:
    """The key, which is also what is asked: of the stage Restore, so that another try that uses it again has its answers."""
    return layout.BackupFiles(restore["spec"]["backupName"]).part(f"{_REPORT_OF_VOLUME}{item['metadata']['name']}.jsonl.gz")


async def _ask_all(scope: Scope, restore: Object, items: Iterable[Object]) -> None:
    keys = [(item, _report(restore, item)) for item in items]
    await parallel.gather(_ask(scope, item, key) for item, key in keys if _annotation(item, names.PROVE) != key)


async def _ask(scope: Scope, item: Object, key: str) -> None:
    patch: Object = {"metadata": {"annotations": {names.PROVE: key, names.PROOF: None}}}
    await scope.target.patch(resources.POD_VOLUME_RESTORES, item["metadata"]["name"], patch, namespace=scope.namespace)


def _is_provable(item: Object) -> bool:
    return _annotation(item, names.PROVABLE) == "true"


def _annotation(item: Object, name: str) -> str:
    return str((item["metadata"].get("annotations") or {}).get(name) or "")


def findings(scope: Scope, asked: Asked) -> Findings:
    """What the answers come to."""
    found = Findings()
    if asked.missing:
        found.trouble.append(asked.missing)
        found.counts.not_compared = len(scope.stored)
        return found
    for answer in asked.answers:
        if answer is not None:
            _add(found, answer)
    retry = scope.migration.status.retry
    if asked.asked and retry is not None and ensure_stage_restore.PHASE.name in retry.passed:
        found.left.append(
            f"They were filled and compared in an earlier try. Nothing on cluster {scope.target.name} has them mounted any more, so whether "
            "anybody has changed them since is not known."
        )
    silent = len(asked.items) - len(asked.asked)
    if silent:
        found.counts.not_compared += silent
        found.left.append(
            f"{silent} volumes on cluster {scope.target.name} were filled by node agents that do not compare: those of Velero do not. "
            f"Compare them by hand where that matters."
        )
    other = len(scope.volumes) - len(scope.copied)
    if snapshots := other - sum(pv.selection.action == "move" for pv in scope.volumes):
        found.counts.not_compared += snapshots
        found.left.append(f"{snapshots} volumes are copied by snapshots of the storage, whose files are not looked at.")
    return found


def of_direct_copies(scope: Scope, answers: Sequence[proof.VolumeAnswer]) -> Findings:
    """What senders have found who compared both sides when everything had been sent."""
    found = Findings()
    for answer in answers:
        _add(found, answer)
        if answer.compared and not answer.differences and answer.message:
            found.left.append(f"Volume {answer.claim}: {answer.message}")
    if silent := len(scope.sent) - len(answers):
        found.counts.not_compared += silent
        why = "the application was not stopped for it" if not scope.flags.quiesce else "their senders do not compare"
        found.left.append(f"{silent} volumes were copied directly and not compared: {why}.")
    return found


def _add(found: Findings, answer: proof.VolumeAnswer) -> None:
    namespace, _, name = answer.claim.partition("/")
    if not answer.compared:
        found.counts.not_compared += 1
        found.trouble.append(f"Volume {answer.claim or 'of a stage pod'} was not compared: {answer.message}")
        return
    found.counts.compared += 1
    found.files += answer.files
    found.content_bytes += answer.content_bytes
    if not answer.differences:
        found.counts.equal += 1
        return
    found.counts.different += 1
    if answer.message:
        found.trouble.append(f"Volume {answer.claim}: {answer.message}")
    for item in answer.first:
        if len(found.differences) < _KEPT:
            found.differences.append(
                ProofDifference(kind="PersistentVolumeClaim", namespace=namespace, name=name, path=item.path, what=item.what)
            )
