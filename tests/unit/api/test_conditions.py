"""Conditions: what one pass of reconciling does to the list that people read."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.api import conditions
from mtc.api.conditions import Condition

THEN = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
NOW = THEN + timedelta(minutes=5)
LATER = NOW + timedelta(minutes=5)

WORDS = st.sampled_from(["", "a", "b"])


def condition_lists(*, timed: bool) -> st.SearchStrategy[list[Condition]]:
    """Make lists of conditions of few types, so that old and staged ones often meet."""
    one = st.builds(
        Condition,
        type=st.sampled_from(["Ready", "Running", "Failed", "PvLimitExceeded", "StageNoOp"]),
        status=st.sampled_from(["True", "False"]),
        reason=WORDS,
        category=st.sampled_from(["Critical", "Error", "Warn", "Required", "Advisory"]),
        message=WORDS,
        items=st.lists(WORDS, max_size=2).map(tuple),
        durable=st.booleans(),
        last_transition_time=st.just(THEN) if timed else st.none(),
    )
    return st.lists(one, max_size=6, unique_by=lambda condition: condition.type)


@given(condition_lists(timed=True), condition_lists(timed=False), st.sets(st.sampled_from(["Running", "Failed", "StageNoOp"])))
def test_mark_and_sweep(old: list[Condition], staged: list[Condition], removed: set[str]) -> None:
    """After a pass there is exactly what it staged, and what was durable and has not been taken away; each type once."""
    merged = conditions.merge(old, staged, now=NOW, removed=removed)
    types = [condition.type for condition in merged]
    kept = {condition.type for condition in old if condition.durable and condition.type not in removed}
    expected = {condition.type for condition in staged} | kept
    wrong_ready = {condition.type for condition in staged if condition.type == "Ready" and not condition.is_true}
    stale_ready = {condition.type for condition in old if condition.type == "Ready" and not condition.is_true} - {
        condition.type for condition in staged
    }
    assert set(types) == expected - wrong_ready - stale_ready
    assert len(types) == len(set(types))


@given(condition_lists(timed=True), condition_lists(timed=False))
def test_a_second_pass_that_finds_the_same_changes_nothing(old: list[Condition], staged: list[Condition]) -> None:
    """Reconciling again and again must not write: otherwise each write wakes the next pass."""
    once = conditions.merge(old, staged, now=NOW)
    assert conditions.merge(once, staged, now=LATER) == once


@given(condition_lists(timed=True), condition_lists(timed=False))
def test_the_time_tells_since_when_a_condition_says_this(old: list[Condition], staged: list[Condition]) -> None:
    """A condition keeps its time exactly as long as everything else in it stays the same."""
    before = {condition.type: condition for condition in old}
    for condition in conditions.merge(old, staged, now=NOW):
        previous = before.get(condition.type)
        same = previous is not None and condition.model_copy(update={"last_transition_time": THEN, "items": previous.items}) == previous
        grown = previous is not None and previous.items not in ((), condition.items)
        assert condition.last_transition_time == (THEN if same and not grown else NOW)


@given(condition_lists(timed=True), condition_lists(timed=False))
def test_known_conditions_keep_their_places(old: list[Condition], staged: list[Condition]) -> None:
    """A person who looks twice finds the lines in the same order, new ones at the end."""
    merged = [condition.type for condition in conditions.merge(old, staged, now=NOW)]
    known = [condition.type for condition in old if condition.type in merged]
    assert merged[: len(known)] == known


def test_ready_is_absent_rather_than_false() -> None:
    """Programs test for the presence of Ready; a False one is never written, even when somebody stages it."""
    old = [Condition(type="Ready", category="Required", last_transition_time=THEN)]
    assert conditions.merge(old, [], now=NOW) == []
    assert conditions.merge(old, [Condition(type="Ready", status="False")], now=NOW) == []


def test_staging_again_wins_over_taking_away() -> None:
    """A durable condition that a pass removes and then finds again is there."""
    old = [Condition(type="StagePodsCreated", durable=True, message="1 pod", last_transition_time=THEN)]
    merged = conditions.merge(old, [Condition(type="StagePodsCreated", message="2 pods")], now=NOW, removed={"StagePodsCreated"})
    assert [(condition.message, condition.last_transition_time) for condition in merged] == [("2 pods", NOW)]


def test_items_that_a_foreign_crd_pruned_are_no_change() -> None:
    """On a cluster whose CRDs MTC installed, `items` do not survive; the time of the condition must all the same."""
    full = Condition(type="PvLimitExceeded", message="too many: [a,b]", items=("a", "b"), last_transition_time=THEN)
    pruned = full.model_copy(update={"items": ()})
    assert conditions.merge([pruned], [full], now=NOW) == [full]


def test_unknown_fields_of_a_durable_condition_survive() -> None:
    """What a newer version wrote into a condition that stays is not ours to drop."""
    old = Condition.model_validate({"type": "Failed", "durable": True, "lastTransitionTime": "2026-11-23T15:00:00Z", "severity": 3})
    merged = conditions.merge([old], [], now=NOW)
    assert merged[0].model_dump()["severity"] == 3


@pytest.mark.parametrize(
    ("text", "items", "expected"),
    [
        ("Namespaces [] are missing.", ["a", "b"], "Namespaces [a,b] are missing."),
        ("Namespaces [] are missing in [].", ["a"], "Namespaces [a] are missing in []."),
        ("Namespaces are missing:", ["a"], "Namespaces are missing: [a]"),
    ],
)
def test_items_are_always_visible_in_the_text(text: str, items: list[str], expected: str) -> None:
    """Whoever reads only the message learns which objects it is about."""
    assert conditions.with_items(text, items) == expected


@pytest.mark.parametrize(
    ("category", "status", "blocks"),
    [
        ("Critical", "True", True),
        ("Error", "True", True),
        ("Critical", "False", False),
        ("Warn", "True", False),
        ("Required", "True", False),
    ],
)
def test_only_critical_and_error_block(category: str, status: str, *, blocks: bool) -> None:
    """Warnings and advice never keep an object from being Ready."""
    found = [Condition(type="X", category=category, status=status)]
    assert conditions.has_blocker(found) is blocks


def test_looking_conditions_up() -> None:
    """`find` sees every status, the others only what holds."""
    found = [Condition(type="A"), Condition(type="B", status="False"), conditions.ready("The plan is ready.")]
    assert conditions.find(found, "B") == found[1]
    assert conditions.find(found, "C") is None
    assert conditions.has(found, "A", "Ready")
    assert not conditions.has(found, "A", "B")
    assert conditions.has_any(found, "B", "A")
    assert not conditions.has_any(found, "B", "C")
    assert conditions.is_ready(found)
    assert not conditions.is_ready(found[:2])


def test_the_json_form_is_mtcs() -> None:
    """Status and category are always written, `durable` only when true, empty fields not at all."""
    condition = Condition(type="Succeeded", durable=True, last_transition_time=THEN)
    assert condition.model_dump(mode="json") == {
        "type": "Succeeded",
        "status": "True",
        "category": "Advisory",
        "durable": True,
        "lastTransitionTime": "2026-11-23T15:00:00Z",
    }
    assert "durable" not in conditions.ready("ready").model_dump(mode="json")


def test_conditions_of_another_form_are_passed_over() -> None:
    """A server lets a list pass where a time should be; what can be read is read all the same."""
    odd = {"type": "Odd", "lastTransitionTime": [None]}
    found = conditions.readable({"conditions": [odd, "word", {"type": "Ready", "status": "True", "category": "Required"}]})
    assert [item.type for item in found] == ["Ready"]
    assert conditions.readable(None) == conditions.readable({"conditions": None}) == []
