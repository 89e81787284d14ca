"""Why a certificate is not accepted: only against one kind of trouble does it help to trust somebody else."""

import re

from mtc.diagnose.said import Hit
from mtc.words import N_

_EXPIRED = re.compile(
    r"certificate(?: has)? expired(?! or is not yet valid)|certificate: Expired|is after \d{4}-|certificate has expired or is not yet valid(?!.*is before)",
    re.IGNORECASE,
)
_EARLY = re.compile(r"is not yet valid|not valid yet|NotValidYet|is before \d{4}-", re.IGNORECASE)
_NAME = re.compile(
    r"(?:hostname|ip address) mismatch|NotValidForName|certificate is (?:not )?valid for|not valid for (?:any )?names?|doesn't contain any IP SANs|"
    r"legacy Common Name|match(?:es)? (?:the )?host ?name",
    re.IGNORECASE,
)
_CAUSES = (
    (
        _EXPIRED,
        N_("The certificate of {whose} has expired, so nothing is sent there."),
        N_("renew the certificate there; where its issuer stays the same, nothing has to be changed here"),
    ),
    (
        _EARLY,
        N_("The certificate of {whose} is not valid yet, or the clock of the one who looks at it is wrong."),
        N_("compare `date -u` on the nodes with `openssl s_client -connect HOST:PORT | openssl x509 -noout -dates`, and repair the clock"),
    ),
    (
        _NAME,
        N_("The certificate of {whose} is for another name than the one in its URL, so nothing is sent there."),
        N_("put a name or address into the URL that the certificate has, or let it be made anew with this one (subjectAltName)"),
    ),
)


def cause(hit: Hit) -> tuple[str, str] | None:
    """What is wrong, with `{whose}` for whose certificate it is, and what to do about it; None where its issuer is not trusted."""
    return next(((why, step) for pattern, why, step in _CAUSES if pattern.search(hit.saying.text)), None)
