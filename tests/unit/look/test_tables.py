"""Tables of several clusters as people see them."""

from mtc.look.tables import Table, together

_HOST = Table(("Cluster", "Name", "Phase"), (("host", "one", "Completed"),))
_OTHER = Table(("Cluster", "Name", "Age"), (("remote", "a-name-that-is-quite-long-for-a-terminal", "5m"),))


def test_columns_of_all_clusters_are_there() -> None:
    """What a cluster has no column for is empty."""
    table = together([_HOST, _OTHER])
    assert table is not None
    assert table.columns == ("Cluster", "Name", "Phase", "Age")
    assert table.rows == (("host", "one", "Completed", ""), ("remote", "a-name-that-is-quite-long-for-a-terminal", "", "5m"))


def test_nothing_is_no_table() -> None:
    """Clusters without objects leave nothing to print."""
    assert together([Table(("Cluster", "Name"), ()), Table(("Cluster",), ())]) is None


def test_a_table_fits_a_terminal() -> None:
    """The widest column is shortened, and what is cut is marked; elsewhere nothing is cut."""
    table = Table(("Cluster", "Name", "Message", "Age"), (("host", "one", "a message that is quite long for a terminal", "5m"),))
    assert "a message that is quite long for a terminal" in table.text()
    lines = table.text(width=40).splitlines()
    assert max(map(len, lines)) <= 40
    assert "a message that i…" in lines[1]
    assert lines[0].rindex("AGE") == lines[1].rindex("5m")


def test_names_are_shown_whole_and_columns_left_out() -> None:
    """People copy names: rather than cutting them the last columns are left out."""
    lines = _OTHER.text(width=50).splitlines()
    assert lines[0].split() == ["CLUSTER", "NAME"]
    assert lines[1].split() == ["remote", "a-name-that-is-quite-long-for-a-terminal"]
