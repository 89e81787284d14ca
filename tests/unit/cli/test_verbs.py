"""The verbs as the help lists them, without importing one."""

import pytest
import typer

from mtc.cli import _verbs, main


def test_each_verb_says_what_it_is_for_and_where_it_belongs() -> None:
    """The docstring and the section of every file are found; nothing stands under a heading that nobody knows."""
    found = _verbs.every()
    assert {"get", "describe", "tree", "logs", "install", "lab", "node-agent"} <= {verb.name for verb in found}
    for verb in found:
        assert verb.meaning != verb.module, f"{verb.module}.py does not begin with `mtc {verb.name}`: what it is for"
        assert '"' not in verb.meaning
        assert len(f"  {verb.name:<14} {verb.meaning}") <= 100


def test_a_file_gives_the_verb_that_it_is_named_after() -> None:
    """Whoever asks for a verb gets it, although only its own file is imported."""
    for verb in _verbs.every():
        command = typer.main.get_command(main.build([verb]))
        assert list(command.commands) == [verb.name]  # type: ignore[attr-defined]


def test_an_unknown_verb_is_answered_with_a_known_one() -> None:
    """A slip of the finger does not end in a list to read."""
    with pytest.raises(_verbs.UnknownVerb, match="Did you mean describe"):
        _verbs.find("descrieb")
    for name in ("main", "_look", "../x", ""):
        with pytest.raises(_verbs.UnknownVerb):
            _verbs.find(name)
