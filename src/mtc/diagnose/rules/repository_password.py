"""The password of the restic repository is another one than that of the cluster's Secret."""

import re
from collections.abc import Iterable

from mtc.api import names
from mtc.diagnose import copying, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_WRONG = re.compile(r"wrong password|Its password is another one|WrongRepositoryPassword|no key found")
_MISSING = re.compile(
    rf"has no key {names.REPOSITORY_PASSWORD_KEY}|[Kk]ey {names.REPOSITORY_PASSWORD_KEY} of Secret|"
    rf"key \"?{names.REPOSITORY_PASSWORD_KEY}\"? not found|secrets? \"{names.REPOSITORY_PASSWORD_SECRET}\" not found"
)


def _find(case: Case) -> Iterable[Finding]:
    name = names.REPOSITORY_PASSWORD_SECRET
    for pattern, cause in (
        (
            _WRONG,
            _("The restic repository does not open: Secret {name} holds another password than the one that the repository was made with."),
        ),
        (_MISSING, _("The restic repository does not open: Secret {name} is not there, or does not hold the password under its key.")),
    ):
        hits = copying.search(case, pattern)
        secrets = [Thing("Secret", case.snapshot.namespace, name, hit.saying.placed.cluster) for hit in hits]
        yield from finding.one(
            cause.format(name=name),
            [*secrets, *copying.things(case, hits)],
            said.evidence(hits),
            [
                _("put the same value into key {key} of Secret {name} in namespace {namespace} of both clusters").format(
                    key=names.REPOSITORY_PASSWORD_KEY, name=name, namespace=case.snapshot.namespace
                ),
                _(
                    "when the old password is lost: remove the folder of the repository from the bucket; the next run copies everything anew"
                ),
            ],
        )


RULE = Rule(
    "repository-password",
    finding.VOLUME + 1,
    N_("messages of volume copies and repositories"),
    N_("restic cannot open the repository with the password it has, or there is none"),
    _find,
)
