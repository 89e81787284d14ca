"""What rules about the bucket share: which words are about it, and whose credentials they are."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Thing
from mtc.diagnose.said import Hit, Saying

_KINDS = frozenset({"MigStorage", "BackupStorageLocation", "BackupRepository"})
_ABOUT = re.compile(
    r"bucket|storage|repository|restic|backupstoragelocation|s3|blob|object store|unable to open config file", re.IGNORECASE
)

#: A request is refused for its time: S3's words, Azure's, Google's. What is said so of a certificate is another matter.
SKEW = re.compile(
    r"RequestTimeTooSkewed|RequestExpired|difference between the request time and the|signature (?:has )?expired|"
    r"(?<!certificate is )(?<!has expired or is )not yet (?:valid|current)|clock skew|time (?:is )?too skewed|"
    r"date header (?:is )?too old|not valid in the specified time frame|AADSTS700024|in a reasonable timeframe|check your iat and exp values",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"calling (?:admission )?webhook|was not restored")


def is_about(saying: Saying) -> bool:
    """Whether words are about the bucket: those of what stands for it, and those that speak of it.

    An object that the target refuses may be called as things of a bucket are, and a webhook refuses connections as well.
    """
    if saying.placed.kind in _KINDS:
        return True
    return bool(_ABOUT.search(saying.text) and not saying.source.startswith(("event", "container")) and not _ELSEWHERE.search(saying.text))


def search(case: Case, pattern: re.Pattern[str]) -> list[Hit]:
    """What is said about the bucket and matches."""
    return said.search(case, pattern, where=is_about)


def things(case: Case, hits: Iterable[Hit]) -> list[Thing]:
    """The MigStorage of the plan where there is one, then who says it."""
    found = [finding.thing(hit.saying.placed) for hit in hits]
    name = storage_name(case)
    return [Thing("MigStorage", case.snapshot.namespace, name, case.snapshot.host), *found] if name else found


def storage_name(case: Case) -> str:
    """Of the plan's MigStorage; "" where there is none."""
    if case.subject.kind == "MigStorage":
        return case.subject.name
    spec = (case.plan.item.get("spec") or {}) if case.plan else {}
    return str((spec.get("migStorageRef") or {}).get("name") or "")


def secret(case: Case) -> str:
    """Namespace/name of the Secret with the credentials; "" where it is not known."""
    item = case.snapshot.find(case.snapshot.host, "MigStorage", storage_name(case)) or {}
    reference = ((item.get("spec") or {}).get("backupStorageConfig") or {}).get("credsSecretRef") or {}
    return f"{reference.get('namespace')}/{reference.get('name')}" if reference.get("name") else ""


def explain(
    case: Case, pattern: re.Pattern[str], cause: str, steps: Iterable[str], *, unless: re.Pattern[str] | None = None
) -> Iterable[Finding]:
    """A finding for everything that is said about the bucket and matches, except where another pattern matches too."""
    hits = [hit for hit in search(case, pattern) if unless is None or not unless.search(hit.saying.text)]
    return finding.one(cause, things(case, hits), said.evidence(hits), steps)


def look(case: Case) -> str:
    """The command that shows the storage's state."""
    name = storage_name(case)
    return f"mtc describe migstorage {name}" if name else "mtc get bsl"
