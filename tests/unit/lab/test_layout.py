"""Names and addresses of labs never clash, and are all derived from name and number."""

import ipaddress
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.lab import errors, layout

LAB_NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?", fullmatch=True)


def ranges(lab: layout.Lab) -> list[ipaddress.IPv4Network]:
    """All address ranges of the lab."""
    found = [lab.subnet, *(cidr for one in lab.clusters for cidr in (one.pods, one.services))]
    return [ipaddress.IPv4Network(cidr) for cidr in found]


@given(st.sets(st.integers(0, layout.LABS_MAX - 1), min_size=2, max_size=2))
def test_ranges_of_two_labs_are_apart(numbers: set[int]) -> None:
    """No range of one lab overlaps another range of the same lab or of any other."""
    first, second = numbers
    every = ranges(layout.Lab("a", first)) + ranges(layout.Lab("b", second))
    assert not [pair for pair in combinations(every, 2) if pair[0].overlaps(pair[1])]


@given(st.integers(0, layout.LABS_MAX - 1))
def test_addresses_lie_in_their_ranges(number: int) -> None:
    """Nodes are on the bridge, the services of API server and DNS in the service range."""
    lab = layout.Lab("a", number)
    for one in lab.clusters:
        assert ipaddress.IPv4Address(one.address) in ipaddress.IPv4Network(lab.subnet)
        services = ipaddress.IPv4Network(one.services)
        assert ipaddress.IPv4Address(one.api_service) == services[1]
        assert ipaddress.IPv4Address(one.dns_service) in services


@given(LAB_NAMES, LAB_NAMES)
def test_interfaces_fit_the_kernel_and_differ(one: str, other: str) -> None:
    """Names of interfaces have at most 15 bytes, and two labs never share one."""
    names = {lab: {layout.link_name(lab), *(f"{layout.link_name(lab)}{role[0]}" for role in layout.ROLES)} for lab in (one, other)}
    assert all(len(name) <= 15 for found in names.values() for name in found)
    assert one == other or layout.link_name(one) != layout.link_name(other)


@given(LAB_NAMES)
def test_good_names_pass(name: str) -> None:
    """What the rule of names allows is given back unchanged."""
    assert layout.check_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a/b", "..", "a" * 31, "a b", "a\n"])
def test_bad_names_are_refused(name: str) -> None:
    """A name that could leave its folder or break a rule is refused with the rule in the message."""
    with pytest.raises(errors.LabError, match="lower-case letters"):
        layout.check_name(name)
