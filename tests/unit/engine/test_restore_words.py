"""How results of Restores name objects."""

from mtc.engine.restore import items


def test_an_object_is_named_where_it_is_to_be() -> None:
    """With its namespace, or without any where its kind has none."""
    assert items.ref("Deployment", "shop-new", "web") == "Deployment shop-new/web"
    assert items.ref("ClusterRole", "", "web") == "ClusterRole web"
