"""The object storage does not answer, or answers too slowly."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, storage
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_SILENT = re.compile(
    r"no answer|does not answer|did not answer|[Cc]onnection (?:refused|reset|timed out)|dns error|no such host|i/o timeout|"
    r"deadline exceeded|operation timed out|tcp connect error|error sending request|SlowDown|[Tt]hrottl|TooManyRequests|too many requests|"
    r"\b50[0234] (?:Service|Bad|Gateway|Internal)",
)
_OTHER = re.compile(
    r"API server|MigCluster|certificate (?:verify|signed|has expired|not)|(?:invalid|unknown) (?:peer )?certificate|x509|UnknownIssuer"
)


def _find(case: Case) -> Iterable[Finding]:
    return storage.explain(
        case,
        _SILENT,
        _("The object storage does not answer, or too slowly. Copies wait for it or fail."),
        [
            _("see what is tried: `{command}`").format(command=storage.look(case)),
            _("try its URL from a pod of each cluster: `curl -v URL`; network policies, proxies and DNS often differ between clusters"),
            _("repair it; the test is repeated by itself, and migrations that still run go on"),
        ],
        unless=_OTHER,
    )


RULE = Rule(
    "bucket-unreachable",
    finding.STORAGE + 7,
    N_("what is said about the bucket"),
    N_("requests to the storage get no answer, or are throttled"),
    _find,
)
