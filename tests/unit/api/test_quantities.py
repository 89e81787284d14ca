"""Quantities: capacities in all the forms that Kubernetes accepts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.api import quantities


@pytest.mark.parametrize(
    ("value", "size_bytes"),
    [
        ("10Gi", 10 * 2**30),
        ("1.5Gi", 1536 * 2**20),
        ("1G", 10**9),
        ("500M", 500 * 10**6),
        ("1k", 1000),
        ("1e3", 1000),
        ("12E2", 1200),
        ("1E", 10**18),
        ("1Ei", 2**60),
        ("1500m", 2),
        ("1n", 1),
        (".5Ki", 512),
        ("5.", 5),
        ("-1Ki", -1024),
        ("+7", 7),
        (4096, 4096),
        ("0", 0),
    ],
)
def test_a_capacity_in_bytes(value: int | str, size_bytes: int) -> None:
    """Binary and decimal units, exponents and fractions mean what they mean to an API server; fractions round up."""
    assert quantities.to_bytes(value) == size_bytes


def test_fractions_are_exact() -> None:
    """A CPU quantity is not rounded unless somebody asks for bytes."""
    assert quantities.parse("250m") == Decimal("0.25")


@pytest.mark.parametrize("value", ["", "Gi", "1GiB", "1 Gi", "1K", "1ki", "--1", "1e", "1e3Gi", "0x10", "1,5Gi"])
def test_what_an_api_server_refuses_is_refused(value: str) -> None:
    """A mistyped capacity is named, with an example of a good one."""
    with pytest.raises(quantities.InvalidQuantity, match="10Gi"):
        quantities.parse(value)


@given(st.integers(min_value=0, max_value=2**70))
def test_formatted_bytes_are_read_back_exactly(size_bytes: int) -> None:
    """A capacity that we write is the capacity that we meant, to the byte."""
    assert quantities.to_bytes(quantities.format_bytes(size_bytes)) == size_bytes


def test_bytes_are_written_in_the_largest_exact_unit() -> None:
    """People read `10Gi`, not eleven digits."""
    assert quantities.format_bytes(10 * 2**30) == "10Gi"
    assert quantities.format_bytes(1536 * 2**20) == "1536Mi"
    assert quantities.format_bytes(1000) == "1000"
