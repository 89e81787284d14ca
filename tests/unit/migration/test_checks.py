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
