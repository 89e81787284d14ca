"""What arrived differs from the source."""

import re
from collections.abc import Iterable

from mtc.api import conditions
from mtc.diagnose import copying, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_DIFFERS = re.compile(
    r"differ(?:s)? from their source|differs from the source|checksum|files failed|could not be (?:read|restored)|verification (?:failed|error)",
    re.IGNORECASE,
)
_CONDITIONS = frozenset({f"condition {conditions.RESTIC_ERRORS}", f"condition {conditions.RESTIC_VERIFY_ERRORS}"})


def _find(case: Case) -> Iterable[Finding]:
    stated = said.search(case, re.compile(""), where=lambda saying: saying.source in _CONDITIONS)
    hits = [*(hit for hit in copying.search(case, _DIFFERS) if hit not in stated), *stated]
    restores = [finding.thing(work) for work in case.restores if stated]
    yield from finding.one(
        _("Data on the target differ from the source, or single files could not be copied."),
        [*copying.things(case, hits), *restores],
        said.evidence(hits),
        [
            _("see which volumes: `mtc describe restore NAME` and `mtc get pvr -o yaml`"),
            _("compare these files, repair or remove what cannot be read on the source, and copy again"),
            _("do not use the data on the target before that; the source is unchanged"),
        ],
    )


RULE = Rule(
    "copy-differs",
    finding.VOLUME + 8,
    N_("conditions ResticErrors and ResticVerifyErrors, messages of volume copies"),
    N_("a comparison found differences, or single files failed"),
    _find,
)
