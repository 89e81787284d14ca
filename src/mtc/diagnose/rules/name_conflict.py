"""An object of the same name is on the target already, and differs."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, objects
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_EXISTS = re.compile(
    r"exists on cluster \S+ and (?:differs|cannot be read)|already exists|is owned by another|conflict(?:s)? with an existing"
)
_OTHER = re.compile(r"already has a backup named|field is immutable|already allocated")


def _find(case: Case) -> Iterable[Finding]:
    return objects.explain(
        case,
        _EXISTS,
        lambda _hits, about: _("The target has {things} already, and not as the source has it; it was left as it is.").format(
            things=finding.listed(about)
        ),
        lambda _hits, about: [
            objects.look(about[0]),
            _("compare it with the source; delete or rename what is in the way, or map the namespace to another name in the plan"),
            _("what was migrated before is told by label migration.openshift.io/migrated-by-migplan"),
            *again.migrate(case),
        ],
        unless=_OTHER,
    )


RULE = Rule(
    "name-conflict",
    finding.OBJECT + 4,
    N_("results of Restores and errors of the migration"),
    N_("an object exists on the target and differs"),
    _find,
)
