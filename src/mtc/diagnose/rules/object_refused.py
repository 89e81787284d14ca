"""The target refuses an object as invalid."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, objects
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_INVALID = re.compile(
    r"(?:is invalid: |Invalid value|Required value|Unsupported value|unknown field|strict decoding error|HTTP 422|HTTP 400)(?P<why>.*)"
)
_OTHER = re.compile(
    r"immutable|already allocated|not in the valid range|exceeded quota|admission webhook|violates PodSecurity|does not serve|"
    r"ValidatingAdmissionPolicy|may not (?:change|be changed)|roleRef"
)
_LIMITS = re.compile(
    r"(?:maximum|minimum) (?:cpu|memory|storage|ephemeral-storage) usage per|must (?:specify|be less than or equal to) .*limit"
)


def _find(case: Case) -> Iterable[Finding]:
    return objects.explain(
        case,
        re.compile(f"{_INVALID.pattern}|{_LIMITS.pattern}"),
        lambda _hits, about: _("The target refuses {things}: its content is not valid there.").format(things=finding.listed(about)),
        lambda _hits, about: [
            _("the message names the field, or the limit; compare versions, LimitRanges and definitions of both clusters"),
            objects.look(about[0]),
            _("change the object on the source, or make it on the target by hand"),
            *again.migrate(case),
        ],
        unless=_OTHER,
    )


RULE = Rule(
    "object-refused",
    finding.OBJECT + 3,
    N_("results of Restores and errors of the migration"),
    N_("an API server calls an object invalid"),
    _find,
)
