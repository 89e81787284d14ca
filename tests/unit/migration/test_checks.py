"""What checks say: as much of it as an object can hold."""

from mtc.migration import checks


def test_a_megabyte_is_not_repeated() -> None:
    """What somebody wrote may be huge; the condition about it is not, and says that it was cut."""
    found = checks.critical("Odd", "", f"spec.image is {'a' * 2**20}")
    assert len(found.message) < 40_000
    assert found.message.endswith("characters in all)")
    found = checks.error("Odd", "", "Volumes [] are odd.", items=["b" * 2**20, "pv-1"])
    assert len(found.message) < 1_000
    assert "pv-1" in found.message
    assert len(found.items[0]) < 1_000


def test_five_hundred_names_are_all_said() -> None:
    """A plan may have so many volumes, and each of them may have a long name."""
    names = [f"pvc-{number:036}" for number in range(500)]
    found = checks.error("Odd", "", "Volumes [] are odd.", items=names)
    assert all(name in found.message for name in names)
    assert found.items == tuple(names)


def test_what_many_wrote_is_told_as_far_as_it_fits() -> None:
    """Several conditions with thousands of items must fit into one object; how many are left out is said."""
    found = checks.error("Odd", "", "Volumes [] are odd.", items=[f"{number:0500}ü" for number in range(3000)])
    assert sum(len(item.encode()) for item in found.items) < 30_000
    assert found.items[0] == f"{0:0500}ü"
    assert found.items[-1] == f"and {3000 - len(found.items) + 1} more"
    assert found.items[-1] in found.message
