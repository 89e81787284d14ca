"""The catalogue of conditions: complete, and worth reading."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from mtc.api import catalogue, conditions, registry
from mtc.api.catalogue import ANY_REASON, Entry

DATA = Path(__file__).parents[2] / "data" / "conditions-of-mtc.txt"
ENTRIES = [pytest.param(entry, id="-".join(part for part in entry.key if part)) for entry in catalogue.entries()]


def rows() -> list[tuple[str, str, str, str]]:
    """Kind, type, reason and category of every condition of MTC."""
    found = []
    for line in DATA.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, type_, category, *reasons = line.split()
            found.extend((kind, type_, "" if reason == "-" else reason, category) for reason in reasons)
    return found


def constants(first: str, last: str) -> dict[str, str]:
    """Name and value of the constants between two headings of the module of conditions."""
    source = inspect.getsource(conditions)
    heads = [number for number, line in enumerate(source.splitlines(), 1) if line.startswith(f"# --- {first}")]
    ends = [number for number, line in enumerate(source.splitlines(), 1) if line.startswith(last)]
    assigned = [node for node in ast.parse(source).body if isinstance(node, ast.Assign) and heads[0] < node.lineno < ends[0]]
    return {ast.unparse(node.targets[0]): ast.literal_eval(node.value) for node in assigned}


def test_every_condition_of_mtc_is_in_it() -> None:
    """Type, reason and category are exactly those that programs look for."""
    missing = set(rows()) - {entry.key for entry in catalogue.entries()}
    assert not missing


def test_every_type_that_the_code_can_name_is_in_it() -> None:
    """Who adds a type explains it."""
    named = constants("MigCluster", "class Condition") | constants("Types of every kind", "# --- Reasons")
    assert len(named) > 100
    assert set(named.values()) - {entry.type for entry in catalogue.entries()} == set()


def test_every_reason_that_the_code_can_name_is_in_it() -> None:
    """A reason that no entry has would be a word without an explanation."""
    named = constants("Reasons", "# --- MigCluster")
    assert len(named) > 30
    assert set(named.values()) - {entry.reason for entry in catalogue.entries()} == set()


def test_each_case_has_one_entry() -> None:
    """Two entries for one case would be two explanations."""
    keys = [entry.key for entry in catalogue.entries()]
    assert len(keys) == len(set(keys))


def test_every_kind_with_conditions_is_covered() -> None:
    """Each kind of ours tells at least when it is Ready or how it ended, and that a pass failed."""
    assert set(catalogue.KINDS) == {model.KIND.kind for model in registry.kinds() if model.KIND.group == "migration.openshift.io"}
    for kind in catalogue.KINDS:
        assert catalogue.find(kind, conditions.RECONCILE_FAILED, "Unreachable") is not None
        assert catalogue.of_type(kind, conditions.READY) or catalogue.of_type(kind, conditions.SUCCEEDED)


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_says_what_it_means_and_what_to_do(entry: Entry) -> None:
    """Whole sentences; what blocks or warns has a next step; the words of the type are not the explanation."""
    assert re.fullmatch(r"\S.*[.]", entry.explanation)
    assert "  " not in entry.explanation + entry.remedy
    assert len(entry.explanation) > 15
    if entry.category in {conditions.CRITICAL, conditions.ERROR, conditions.WARN} and entry.reason != conditions.DONE:
        assert re.fullmatch(r"\S.*[.]", entry.remedy)
    assert entry.category in {conditions.CRITICAL, conditions.ERROR, conditions.WARN, conditions.REQUIRED, conditions.ADVISORY}
    assert entry.reason == ANY_REASON or re.fullmatch(r"([A-Z][A-Za-z0-9]+)?", entry.reason)


def test_the_entry_of_exactly_this_reason_is_found() -> None:
    """One type may have several meanings; the reason and the category tell them apart."""
    failed = catalogue.find("MigMigration", conditions.FAILED, "EnsureStageBackup")
    refused = catalogue.find("MigMigration", conditions.FAILED, conditions.NOT_SUPPORTED)
    assert failed is not None
    assert refused is not None
    assert (failed.category, refused.category) == (conditions.ADVISORY, conditions.CRITICAL)
    waits = [catalogue.find("MigMigration", conditions.STALLED, "x", category=category) for category in (conditions.WARN, conditions.ERROR)]
    assert [entry.category for entry in waits if entry] == [conditions.WARN, conditions.ERROR]


def test_what_is_not_known_is_not_found() -> None:
    """Conditions of other programs have no explanation, nor has a known type with an unknown reason."""
    assert catalogue.find("MigPlan", "Established") is None
    assert catalogue.find("MigCluster", conditions.INVALID_URL, "TooLong") is None
    assert catalogue.find("Pod", conditions.READY) is None
