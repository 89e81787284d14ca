"""Values picked as kubectl picks them."""

import pytest

from mtc.look import errors, picked

_LIST = {
    "kind": "List",
    "items": [
        {
            "metadata": {"name": "a", "annotations": {"openshift.io/touch": "t1"}},
            "status": {
                "phase": "Completed",
                "count": 2,
                "conditions": [{"type": "Ready", "status": "True"}, {"type": "X", "status": "False"}],
            },
        },
        {"metadata": {"name": "b"}, "status": {"phase": "Failed", "ok": True}},
    ],
}


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        ("{.items[*].metadata.name}", "a b"),
        ("{$.items[0].status.count}", "2"),
        ("{.items[-1:].status.ok}", "true"),
        (r"{.items[0].metadata.annotations.openshift\.io/touch}", "t1"),
        ('{range .items[*]}{.metadata.name}{"\\t"}{.status.phase}{"\\n"}{end}', "a\tCompleted\nb\tFailed\n"),
        ('{.items[0].status.conditions[?(@.type=="Ready")].status}', "True"),
        ('{.items[?(@.status.phase=="Failed")].metadata.name}', "b"),
        ("{..phase}", "Completed Failed"),
        ("names: {.items[*].metadata.name}.", "names: a b."),
        ("{range .items[*]}{range .status.conditions[*]}{.type} {end}| {end}", "Ready X | | "),
        ("{.items[0].metadata}", '{"name":"a","annotations":{"openshift.io/touch":"t1"}}'),
        ("{.absent}", ""),
    ],
)
def test_a_template_gives_what_kubectl_gives(template: str, wanted: str) -> None:
    """Paths, filters, ranges in ranges, texts in quotes, dots in keys."""
    assert picked.text(template, _LIST) == wanted


@pytest.mark.parametrize("template", ["{range .items[*]}x", "{.items[*}", "{end}", "{.items[?(]}", '{"\\q"}', "{.a"])
def test_a_template_that_means_nothing_is_refused(template: str) -> None:
    """Wrong use, and told as such."""
    with pytest.raises(errors.BadTemplate) as caught:
        picked.text(template, _LIST)
    assert caught.value.exit_code == 2


def test_columns_are_named_by_the_person() -> None:
    """What is not there is `<none>`, several values stand in one cell."""
    table = picked.columns("NAME:.metadata.name,COUNT:.status.count,TYPES:.status.conditions[*].type", _LIST["items"])
    assert table.text().splitlines() == ["NAME   COUNT    TYPES", "a      2        Ready,X", "b      <none>   <none>"]
    with pytest.raises(errors.BadTemplate):
        picked.columns("NAME", [])


def test_a_path_without_braces_is_a_path() -> None:
    """Nobody asks for objects in order to see the path that was typed."""
    document = {"items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]}
    assert picked.text(".items[*].metadata.name", document) == picked.text("$.items[*].metadata.name", document) == "a b"
    assert picked.text("names: {.items[*].metadata.name}.", document) == "names: a b."
