"""What people read in an archive is what a program reads in it."""

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mtc.gather import readable

_TEXTS = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="aZ09 _./()+-:#'\"\n\t&*!|>%@`{}[],?~=<\x85\u2028\xa0\ufeff", max_size=12),
    st.sampled_from(
        ["yes", "No", "NULL", "~", "0x1f", "1e3", "2026-01-01", "2026-01-01T10:00:00Z", "1_000", "012", ".inf", "=", "<<", "a: b", "-"]
    ),
)
_JSON = st.recursive(
    st.one_of(_TEXTS, st.integers(-(2**53), 2**53), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False, width=32)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_TEXTS, inner, max_size=4)),
    max_leaves=12,
)


@settings(deadline=None)
@given(_JSON)
def test_it_is_read_back_as_it_was(value: Any) -> None:
    """Texts that look like numbers, times and words of YAML too."""
    assert yaml.safe_load(readable.dumps(value).decode()) == value


def test_it_looks_as_people_write_it() -> None:
    """A list begins where its name does; an object of a list behind its dash."""
    item = {"kind": "Pod", "spec": {"containers": [{"name": "a", "args": ["-x", "b c"]}], "none": {}, "at": "10:00"}, "nested": [[1, [2]]]}
    assert readable.dumps(item).decode() == (
        'kind: Pod\nspec:\n  containers:\n  - name: a\n    args:\n    - "-x"\n    - b c\n  none: {}\n  at: "10:00"\nnested:\n- - 1\n  - - 2\n'
    )
