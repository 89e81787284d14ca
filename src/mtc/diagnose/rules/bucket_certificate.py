"""The certificate of the object storage is not trusted, has expired, or is for another name."""

import re
from collections.abc import Iterable

from mtc.diagnose import certificates, finding, said, storage
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

#: Our own messages end with the advice to check URL, network and certificate, which is no error of one.
_UNTRUSTED = re.compile(
    r"x509|certificate (?:verify|is not|has expired|expired|is valid for|signed by|required|not)|hostname mismatch|(?:invalid|bad|unknown|self-signed|self signed) (?:peer )?certificate|"
    r"UnknownIssuer|CERTIFICATE_VERIFY|tls: |caCert|HTTP response to HTTPS",
    re.IGNORECASE,
)


def _find(case: Case) -> Iterable[Finding]:
    for known, hits in said.grouped(storage.search(case, _UNTRUSTED), certificates.cause).items():
        yield from finding.one(
            _(known[0]).format(whose=_("the object storage"))
            if known
            else _("The certificate of the object storage is not trusted, so nothing is sent there."),
            storage.things(case, hits),
            said.evidence(hits),
            [
                _(known[1])
                if known
                else _(
                    "put the CA of the storage, in PEM form and base64, into spec.backupStorageConfig.s3CustomCABundle of the MigStorage"
                ),
                _("see which certificate it shows: `openssl s_client -connect HOST:PORT -showcerts`"),
                _("see when it is well: `{command}`").format(command=storage.look(case)),
            ],
        )


RULE = Rule(
    "bucket-certificate",
    finding.STORAGE + 1,
    N_("what is said about the bucket"),
    N_("a connection fails because of the storage's certificate"),
    _find,
)
