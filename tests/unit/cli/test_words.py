"""Texts for people in their language."""

import pytest

from kit import words as tool
from mtc import words
from mtc.cli import _arguments


@pytest.mark.parametrize(
    ("given", "language", "left"),
    [
        (["get", "--lang", "ja", "plans"], "ja", ["get", "plans"]),
        (["--lang=ja", "--help"], "ja", ["--help"]),
        (["get", "--", "--lang", "ja"], None, ["get", "--", "--lang", "ja"]),
        (["get"], None, ["get"]),
    ],
)
def test_the_language_is_told_in_any_place(given: list[str], language: str | None, left: list[str]) -> None:
    """Before the verb and behind it; what stands behind `--` is not ours."""
    assert _arguments.language(given) == (language, left)


def test_all_that_people_read_is_found() -> None:
    """Marked texts, help of verbs and of their options, the dictionary of conditions, pairs with a plural."""
    found = tool.texts()
    assert "Do not ask." in found
    assert "The Secret exists and has no key saToken." in found
    assert "Moves the application of a plan to the target" in found
    assert any(isinstance(text, tuple) for text in found)


def test_an_incomplete_translation_is_told() -> None:
    """Nothing translated, and a place to fill in that got lost."""
    wanted: tool.Texts = {"Cluster {name} is gone.": "a.py", "Done.": "a.py"}
    catalog = tool.updated(tool.read("ja"), wanted, "ja")
    for message in catalog:
        if message.id == "Cluster {name} is gone.":
            message.string = "クラスターがありません。"
    assert list(tool.faults(catalog)) == [
        "[] in place of ['{name}'] in the translation of: Cluster {name} is gone.",
        "no translation of: Done.",
    ]


def test_an_unknown_language_is_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is left without texts."""
    monkeypatch.setenv("LANGUAGE", "en")
    words.use("tlh")
    assert words._("Done.") == "Done."
