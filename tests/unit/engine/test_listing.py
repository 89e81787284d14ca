"""The resource list on disk."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mtc.engine import results
from mtc.engine.listing import Listing

TEXT = st.text(st.characters(codec="utf-8"), max_size=6)


@given(st.lists(st.tuples(TEXT, TEXT, st.booleans()), max_size=30))
def test_the_list_is_what_was_added_sorted_and_once(added: list[tuple[str, str, bool]]) -> None:
    """Whatever the types and lines, the file holds each of them once, in the order of their characters."""
    wanted: dict[str, set[str]] = {}
    for type_, line, _ in added:
        wanted.setdefault(type_, set()).add(line)
    with tempfile.TemporaryDirectory() as folder, Listing(Path(folder) / "lines") as listing:
        for type_, line, is_asked in added:
            if is_asked:
                listing.add(type_, line)
            else:
                listing.note(type_, line)
        listing.write(Path(folder) / "list.gz")
        document = results.unpacked((Path(folder) / "list.gz").read_bytes())
        assert list(document.items()) == [(type_, sorted(lines)) for type_, lines in sorted(wanted.items())]
        assert len(listing) == sum(map(len, wanted.values()))
        assert all(listing.has(type_, line) for type_, line, _ in added)
        assert not listing.has("v1/ConfigMap", "a line that was not added")
