"""The object storage refuses the credentials, or they lack a right on the bucket."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, storage
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_REFUSED = re.compile(
    r"access is denied|Access ?Denied|InvalidAccessKeyId|SignatureDoesNotMatch|signature we calculated|refuses the credentials|ExpiredToken|"
    r"AuthenticationFailed|AuthorizationFailure|InvalidAuthenticationInfo|invalid_grant|no credential|Access Key Id you provided|"
    r"\b40[13] (?:Forbidden|Unauthorized|InvalidAccessKeyId)|(?:HTTP|status code:?) 40[13]",
)
#: Refusals of an API server, and of files on a volume.
_OTHER = re.compile(r"cannot [a-z]+ resource|on cluster \S+: .*HTTP 403|admission webhook|x509")


def _find(case: Case) -> Iterable[Finding]:
    hits = [hit for hit in storage.search(case, _REFUSED) if not (_OTHER.search(hit.saying.text) or storage.SKEW.search(hit.saying.text))]
    named = storage.secret(case)
    namespace, _slash, name = named.partition("/")
    what = _("The object storage refuses the credentials, or they may not write, read and delete in the bucket.")
    whose = _("They are those of Secret {name}.").format(name=named) if named else ""
    yield from finding.one(
        f"{what} {whose}".strip(),
        [*storage.things(case, hits), *([Thing("Secret", namespace, name, case.snapshot.host)] if name else [])],
        said.evidence(hits),
        [
            _("try the credentials with the storage's own tool, for instance `aws s3 ls s3://BUCKET --endpoint-url URL`"),
            _("put the right ones into Secret {name} on the host cluster; they are used at once").format(name=named or "NAMESPACE/NAME"),
            _("see when it is well: `{command}`").format(command=storage.look(case)),
        ],
    )


RULE = Rule(
    "bucket-credentials",
    finding.STORAGE + 3,
    N_("what is said about the bucket"),
    N_("the storage answers that access is denied, or does not know the key"),
    _find,
)
