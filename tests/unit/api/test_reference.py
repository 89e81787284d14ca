"""The reference pages: what is committed is what the code says, and it can be read."""

import re
from pathlib import Path

from mtc.api import catalogue, reference

COMMITTED = Path(__file__).parents[3] / "docs" / "reference"


def anchors(text: str) -> list[str]:
    """The targets that a Markdown viewer makes of the headings."""
    return [re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in text.splitlines() if line.startswith("#")]


def test_the_committed_pages_are_what_the_code_says() -> None:
    """Who changes the code runs `make reference`."""
    assert reference.GENERATED.differing(COMMITTED) == []


def test_every_link_of_the_conditions_leads_to_one_heading() -> None:
    """Links into the page work, and go to the right kind."""
    text = reference.files()["conditions.md"]
    targets = anchors(text)
    links = re.findall(r"\(#([^)]+)\)", text)
    assert len(links) == len({(entry.kind, entry.type) for entry in catalogue.entries()})
    assert all(targets.count(link) == 1 for link in links)


def test_every_entry_of_the_catalogue_is_on_the_page() -> None:
    """With explanation and remedy, however the lines are broken."""
    words = " ".join(reference.files()["conditions.md"].split())
    for entry in catalogue.entries():
        assert entry.explanation in words
        assert entry.remedy in words


def test_a_check_finds_what_differs_and_writes_nothing(tmp_path: Path) -> None:
    """A missing page, a changed page, and a page that nobody writes any more; pages of people are left alone."""
    assert reference.GENERATED.main(["--check", str(tmp_path)]) == 1
    assert not list(tmp_path.iterdir())
    assert reference.GENERATED.main([str(tmp_path)]) == 0
    assert reference.GENERATED.main(["--check", str(tmp_path)]) == 0
    (tmp_path / "old.md").write_text(f"{reference.MARK}\n\n# Old\n", encoding="utf-8")
    (tmp_path / "own.md").write_text("# Written by a person\n", encoding="utf-8")
    (tmp_path / "conditions.md").write_text("# Changed\n", encoding="utf-8")
    assert reference.GENERATED.differing(tmp_path) == ["conditions.md", "old.md"]
    assert reference.GENERATED.main([str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*reference.files(), "own.md"])
