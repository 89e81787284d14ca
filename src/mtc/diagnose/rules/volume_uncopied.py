"""Nobody copied a volume: of a kind that cannot be copied, of a pod that did not run, or without a pod that mounts it."""

import re
from collections.abc import Iterable

from mtc.diagnose import copying, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_LEFT = re.compile(
    r"was not backed up: the engine made no|is a hostPath|block device without a file system|cannot be moved, because|are not copied: it is not running|"
    r"The folder of .* is not below|cannot be found: PersistentVolume|is not bound to a volume"
)


def _find(case: Case) -> Iterable[Finding]:
    hits = copying.search(case, _LEFT)
    things = copying.things(case, hits)
    placed = {(item.cluster, item.namespace): None for item in things if item.kind == "PersistentVolumeClaim" and item.namespace}
    looks = [finding.on(cluster, f"kubectl -n {namespace} get pods,pvc -o wide") for cluster, namespace in placed]
    yield from finding.one(
        _("A volume of the plan was not copied: nothing could read its files."),
        things,
        said.evidence(hits),
        [
            *(looks or [_("see what is with its pod and claim on the source: `mtc tree {name}`").format(name=case.subject.name)]),
            _("hostPath and block volumes cannot be copied with restic: choose skip, or another copy method, for them in the plan"),
            _("a claim must be bound, and a pod must mount it; the controller makes one when none runs"),
        ],
    )


RULE = Rule(
    "volume-uncopied",
    finding.VOLUME + 7,
    N_("errors of the migration, Backups and volume copies"),
    N_("a volume to copy was left out, or its files could not be found"),
    _find,
)
