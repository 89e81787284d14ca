"""What arrived differs from the source."""

import re
from collections.abc import Iterable

from mtc.api import conditions
from mtc.diagnose import again, copying, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.diagnose.said import Hit
from mtc.words import N_, _

_DIFFERS = re.compile(
    r"differ(?:s)? from their source|differs from the source|checksum|files failed|could not be (?:read|restored)|verification (?:failed|error)",
    re.IGNORECASE,
)
_CONDITIONS = frozenset({f"condition {conditions.RESTIC_ERRORS}", f"condition {conditions.RESTIC_VERIFY_ERRORS}"})


def _find(case: Case) -> Iterable[Finding]:
    stated = said.search(case, re.compile(""), where=lambda saying: saying.source in _CONDITIONS)
    hits = [*(hit for hit in copying.search(case, _DIFFERS) if hit not in stated), *stated]
    if hits and not stated and not any(_is_of_target(case, hit) for hit in hits):
        yield from _unread(case, hits)
        return
    restores = [finding.thing(work) for work in case.restores if stated]
    meant = {hit.saying.placed.name for hit in hits if hit.saying.placed.kind == "Restore"}
    looks = [f"`mtc describe restore {work.name}`" for work in case.restores if not meant or work.name in meant]
    yield from finding.one(
        _("Data on the target differ from the source, or single files could not be copied."),
        [*copying.things(case, hits), *restores],
        said.evidence(hits),
        [
            _("see which volumes: {commands}").format(commands=", ".join([*looks, "`mtc get pvr -o yaml`"])),
            _("compare these files, repair or remove what cannot be read on the source, and copy again"),
            _("do not use the data on the target before that; the source is unchanged"),
        ],
    )


def _is_of_target(case: Case, hit: Hit) -> bool:
    """Whether words are of what was restored; a migration that has no Restore has failed before."""
    placed = hit.saying.placed
    if placed.kind in {"Restore", "PodVolumeRestore"}:
        return True
    return bool(case.restores) and placed.kind not in {"Backup", "PodVolumeBackup"}


def _unread(case: Case, hits: list[Hit]) -> Iterable[Finding]:
    """Files of the source that its node agent could not read: nothing was restored of them."""
    about = copying.things(case, hits)
    source = case.source or about[0].cluster
    copies = finding.unique(item for item in about if item.kind in {"PodVolumeBackup", "Backup"})
    looks = [finding.on(item.cluster, f"kubectl -n {item.namespace} get {item.kind.lower()} {item.name} -o yaml") for item in copies[:3]]
    yield from finding.one(
        _("Single files could not be read on source cluster {cluster}, so the copy of their volume failed.").format(cluster=source),
        about,
        said.evidence(hits),
        [
            *(looks or [f"`mtc tree {case.subject.name}`"]),
            _("repair, rename or remove on the source the files that the message names; a path may also be too long to be read"),
            *(again.retry(case) or again.migrate(case)),
        ],
    )


RULE = Rule(
    "copy-differs",
    finding.VOLUME + 8,
    N_("conditions ResticErrors and ResticVerifyErrors, messages of volume copies"),
    N_("a comparison found differences, or single files failed"),
    _find,
)
