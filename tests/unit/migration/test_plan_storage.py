"""What is written to correct a location, and which versions of the toolkit fit together."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.migration import plan_storage
from mtc.migration.checks.cluster import operator_version

values = st.recursive(
    st.integers() | st.text(max_size=3), lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=3), max_leaves=8
)
objects = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)


def apply(item: Any, patch: Any) -> Any:
    """An RFC 7386 merge patch, as the API server applies it."""
    if not isinstance(patch, dict):
        return patch
    result = dict(item) if isinstance(item, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = apply(result.get(key), value)
    return result


@given(objects, objects)
def test_the_patch_makes_the_new_of_the_old(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Exactly the new object; nothing is written when nothing differs."""
    assert apply(old, plan_storage.merged(old, new, keep=False)) == new
    assert plan_storage.merged(new, new, keep=False) == {}


@given(objects, objects)
def test_fields_of_others_stay_beside_ours(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Ours are as wanted, all others as they were."""
    assert apply(old, plan_storage.merged(old, new, keep=True)) == {**old, **new}


@pytest.mark.parametrize(
    ("one", "other", "compatible"),
    [
        ("1.8.0", "1.8.0", True),
        ("1.8.0", "1.8.1", False),
        ("1.5.1", "1.8.0", True),
        ("1.8.0", "1.5.4", True),
        ("1.5.0", "1.8.0", False),
        ("1.5.4", "1.5.5", False),
        ("1.7.0", "1.8.0", False),
        ("1.5.4", "2.0.0", False),
    ],
)
def test_versions_that_may_work_together(one: str, other: str, *, compatible: bool) -> None:
    """The same, or the last one for OpenShift 3 with a newer one of the same major version."""
    assert operator_version.are_compatible(one, other) is compatible
