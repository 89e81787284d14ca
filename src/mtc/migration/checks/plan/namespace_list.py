"""NamespaceListEmpty, NamespaceLimitExceeded, NamespaceLengthExceeded, Duplicate..., NamespaceNotDNSCompliant: what the list itself shows."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.plan import Scope

# RFC 1123 label, which Kubernetes wants as the name of a namespace.
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
# Host names of direct volume copies are made of the namespace's name and a prefix, 63 characters in all.
_LONGEST_FOR_ROUTES = 59


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    entries = scope.plan.spec.namespaces
    if not entries:
        message = f"MigPlan {scope.ref} has no namespaces. List those to migrate in spec.namespaces."
        return [checks.critical(conditions.NAMESPACE_LIST_EMPTY, conditions.NOT_FOUND, message)]
    return [*_limit(scope), *_length(scope), *_duplicates(scope), *_compliance(scope)]


def _limit(scope: Scope) -> Iterable[Condition]:
    count, limit = len(scope.plan.spec.namespaces), scope.settings.namespace_limit
    if count > limit:
        message = (
            f"MigPlan {scope.ref} has {count} namespaces, more than the limit of {limit}. "
            "Split it into several plans, or raise mig_namespace_limit of the MigrationController."
        )
        yield checks.critical(conditions.NAMESPACE_LIMIT_EXCEEDED, conditions.LIMIT_EXCEEDED, message)


def _length(scope: Scope) -> Iterable[Condition]:
    settings = scope.target_settings
    if scope.plan.spec.indirect_volume_migration or settings is None or settings.cluster_subdomain:
        return
    # Where the target has no Routes there are no host names to be too long.
    long = [mapping.target for mapping in scope.mappings if len(mapping.target) > _LONGEST_FOR_ROUTES]
    if long and scope.serves_routes:
        message = (
            f"Namespaces [] of MigPlan {scope.ref} have names of more than {_LONGEST_FOR_ROUTES} characters, which may be too long for the "
            "routes of direct volume copies. Set cluster_subdomain of the MigrationController on the target, or choose shorter names."
        )
        yield checks.warn(conditions.NAMESPACE_LENGTH_EXCEEDED, conditions.LENGTH_EXCEEDED, message, items=long)


def _duplicates(scope: Scope) -> Iterable[Condition]:
    if twice := _repeated(mapping.source for mapping in scope.mappings):
        message = f"Source namespaces [] are listed more than once in spec.namespaces of MigPlan {scope.ref}. List each once."
        yield checks.critical(conditions.DUPLICATE_NAMESPACE_ON_SOURCE, conditions.DUPLICATE_NAMESPACES, message, items=twice)
    if twice := _repeated(mapping.target for mapping in scope.mappings):
        message = f"Several namespaces of MigPlan {scope.ref} go to the same target namespaces []. Give each a name of its own."
        yield checks.critical(conditions.DUPLICATE_NAMESPACE_ON_DESTINATION, conditions.DUPLICATE_NAMESPACES, message, items=twice)


def _repeated(found: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(found).items() if count > 1]


def _compliance(scope: Scope) -> Iterable[Condition]:
    wrong = [entry for entry in scope.plan.spec.namespaces if not _is_compliant(entry)]
    if wrong:
        message = (
            f"Entries [] of spec.namespaces of MigPlan {scope.ref} give no valid namespace in the target. Write `name` or `source:target` with "
            "at most 63 lower-case letters, digits and dashes, a letter or digit first and last."
        )
        yield checks.critical(conditions.NAMESPACE_NOT_DNS_COMPLIANT, conditions.NOT_DNS_COMPLIANT, message, items=wrong)


def _is_compliant(entry: str) -> bool:
    try:
        return bool(_LABEL.fullmatch(names.parse_namespace_mapping(entry).target))
    except names.InvalidMapping:
        return False


CHECK = checks.Check(
    order=50,
    types=(
        conditions.NAMESPACE_LIST_EMPTY,
        conditions.NAMESPACE_LIMIT_EXCEEDED,
        conditions.NAMESPACE_LENGTH_EXCEEDED,
        conditions.DUPLICATE_NAMESPACE_ON_SOURCE,
        conditions.DUPLICATE_NAMESPACE_ON_DESTINATION,
        conditions.NAMESPACE_NOT_DNS_COMPLIANT,
    ),
    run=_run,
)
