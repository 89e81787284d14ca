"""An object exists, and a field that differs cannot be changed."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, objects
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_IMMUTABLE = re.compile(
    r"(?:(?P<field>[\w.\[\]]+): (?:Invalid value|Forbidden): .*?)?(?:field is immutable|is immutable|may not (?:change|be changed)|updates to .* are forbidden|[Cc]annot change roleRef)"
)


def _find(case: Case) -> Iterable[Finding]:
    return objects.explain(
        case,
        _IMMUTABLE,
        lambda hits, about: _("{things} exists on the target, and field {field}, which differs, can never be changed.").format(
            things=finding.listed(about), field=hits[0].part("field") or _("in the message")
        ),
        lambda _hits, about: [
            objects.look(about[0]),
            _("delete it on the target when nobody needs it there: it is made anew when you migrate again"),
            *again.migrate(case),
        ],
    )


RULE = Rule(
    "immutable-field",
    finding.OBJECT + 1,
    N_("results of Restores and errors of the migration"),
    N_("a field that differs is immutable"),
    _find,
)
