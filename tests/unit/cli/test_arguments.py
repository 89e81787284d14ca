"""What is told from the command line before its verb is known."""

import pytest

from mtc.cli import _arguments


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("get plan", "get plan"),
        ("--context c get plan", "get plan --context c"),
        ("--kubeconfig=k -n other tree shop", "tree shop --kubeconfig=k -n other"),
        ("-nother cluster add x -- y", "cluster add x -nother -- y"),
        ("--context", "--context"),
        ("--version", "--version"),
        ("get -n x", "get -n x"),
        ("", ""),
    ],
)
def test_connection_options_may_stand_before_the_verb(given: str, wanted: str) -> None:
    """As kubectl takes them."""
    assert _arguments.hoisted(given.split()) == wanted.split()


@pytest.mark.parametrize("form", ["-o json", "-ojson", "-o=json", "--output json", "--output=json"])
def test_a_program_is_known_by_the_output_that_it_wants(form: str) -> None:
    """In every spelling, and not by words that only look like it."""
    assert _arguments.wants_json(["get", *form.split()])
    assert not _arguments.wants_json(["get", "--", *form.split()])
    assert not _arguments.wants_json(["get", "-o", "yaml", "json"])
