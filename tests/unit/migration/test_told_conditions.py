"""What the code says in conditions is what the catalogue explains."""

import importlib
import pkgutil

import pytest

from kit import told
from kit.told import Told
from mtc.api import catalogue
from mtc.migration import checks

FOLDERS = {"cluster": "MigCluster", "storage": "MigStorage", "plan": "MigPlan", "volumes": "MigPlan", "hook": "MigHook"}
#: Functions that make conditions of types that their callers name; the constants that they name are in the catalogue all the same.
OPEN = {"velero_waits", "stale", "status", "direct.references", "direct.images.declared"}
CALLS = [pytest.param(call, id=call.place) for call in told.all_told() if call.types]


def test_every_folder_of_checks_has_a_kind() -> None:
    """A new folder of checks must say here whose conditions it sets."""
    assert {found.name for found in pkgutil.iter_modules(checks.__path__) if found.ispkg} == set(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_type_that_a_check_declares_is_explained(folder: str) -> None:
    """For the kind that the check belongs to."""
    loaded: tuple[checks.Check[object], ...] = checks.load(importlib.import_module(f"mtc.migration.checks.{folder}"))
    assert loaded
    for check in loaded:
        for type_ in check.types:
            assert catalogue.of_type(FOLDERS[folder], type_), type_


@pytest.mark.parametrize("call", CALLS)
def test_every_condition_that_the_code_makes_is_explained(call: Told) -> None:
    """With the type, reason, category and durability that stand in the code."""
    assert call.entries, f"{call.place}: no entry of {call.kind or 'any kind'} for {sorted(call.types)} {call.reason} {call.category}"


def test_the_code_names_its_types_plainly() -> None:
    """Where a type comes as a variable, nothing above would notice a wrong one: such places are few, and known."""
    assert {call.place.partition(":")[0] for call in told.all_told() if not call.types} == OPEN


def test_enough_is_looked_at() -> None:
    """A mistake in the reading of the source would find nothing, and pass."""
    assert len(CALLS) > 80
    assert {call.kind for call in told.all_told()} >= {"MigCluster", "MigStorage", "MigPlan", "MigMigration"}
