"""The Secret with the credentials of the object storage, or a key in it, is missing."""

import re
from collections.abc import Iterable

from mtc.api import names
from mtc.diagnose import finding, said, storage
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.diagnose.said import Hit
from mtc.words import N_, _

_MISSING = re.compile(
    r"names Secret (?P<first>\S+?),? which does not exist|names key \S+ of Secret (?P<second>\S+?),? which does not have it|"
    r"(?i:secret) \"?(?P<third>[^\" ]+)\"? (?:does not exist|not found)|is not base64",
)
_CONDITIONS = frozenset({"condition InvalidBackupStorageCredsSecretRef", "condition InvalidBackupStorageSettings"})


def _find(case: Case) -> Iterable[Finding]:
    stated = said.search(case, re.compile(""), where=lambda saying: saying.source in _CONDITIONS)
    hits = [*stated, *(hit for hit in storage.search(case, _MISSING) if _is_of_bucket(hit) and hit not in stated)]
    named = storage.secret(case)
    namespace, _slash, name = named.partition("/")
    yield from finding.one(
        _("The credentials of the object storage are missing or cannot be used: {secret}.").format(
            secret=_("see Secret {name}").format(name=named) if named else _("no Secret is named")
        ),
        [*([Thing("Secret", namespace, name, case.snapshot.host)] if name else []), *storage.things(case, hits)],
        said.evidence(hits),
        [
            _("see what is expected: `{command}`").format(command=storage.look(case)),
            _("create the Secret with keys aws-access-key-id and aws-secret-access-key, azure-credentials or gcp-credentials"),
            _("the storage is tested again as soon as the Secret is there"),
        ],
    )


def _is_of_bucket(hit: Hit) -> bool:
    """Whether it is not the token of a cluster, nor the password of repositories."""
    return hit.saying.placed.kind != "MigCluster" and hit.part("third") != names.REPOSITORY_PASSWORD_SECRET


RULE = Rule(
    "bucket-secret",
    finding.STORAGE + 2,
    N_("conditions of the MigStorage and what is said about the bucket"),
    N_("the Secret, or a key of it, does not exist, or what it holds has no form that can work"),
    _find,
)
