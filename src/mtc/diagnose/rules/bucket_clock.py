"""The clock of a cluster differs so much from the storage's that signatures are refused."""

from collections.abc import Iterable

from mtc.diagnose import finding, storage
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _


def _find(case: Case) -> Iterable[Finding]:
    return storage.explain(
        case,
        storage.SKEW,
        _("The object storage refuses requests because the clocks differ: a signature holds for a few minutes around its time only."),
        [
            _("compare `date -u` on the nodes of source and target, and on the storage's server"),
            _("repair time synchronisation (chrony or ntpd) where the time is wrong; the test of the storage is repeated by itself"),
            _("see when it is well: `{command}`").format(command=storage.look(case)),
        ],
    )


RULE = Rule("bucket-clock", finding.STORAGE, N_("what is said about the bucket"), N_("a request is refused for its time"), _find)
