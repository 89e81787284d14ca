"""There is no room left on a volume, or on the disk where a copy is prepared."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, copying, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_FULL = re.compile(
    r"no space left|There is no space left|disk quota exceeded|disk is full|\bNoSpace\b|not enough (?:free )?space", re.IGNORECASE
)
_STORE = re.compile(r"there is no space left \(|QuotaExceeded|InsufficientStorage|XMinioStorageFull")


def _find(case: Case) -> Iterable[Finding]:
    hits = [hit for hit in copying.search(case, _FULL) if not _STORE.search(hit.saying.text)]
    back = any(hit.saying.placed.kind in {"PodVolumeRestore", "Restore"} or "PodVolumeRestore" in hit.saying.text for hit in hits)
    where = _("on the volume of the target") if back else _("on the source's volume, or on the node where the copy is prepared")
    yield from finding.one(
        _("There is no room left {where}.").format(where=where),
        copying.things(case, hits),
        said.evidence(hits),
        [
            _("see sizes: `kubectl get pvc -A` on both clusters, and `df` on the node of the volume"),
            _("make the claim larger, in the plan by spec.persistentVolumes[].capacity, or free space"),
            *again.migrate(case),
        ],
    )


RULE = Rule("volume-full", finding.VOLUME + 3, N_("messages of volume copies"), N_("a file could not be written for want of space"), _find)
