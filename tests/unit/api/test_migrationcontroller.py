"""MigrationController: everything in it is kept as it was written."""

from mtc.api.migration.migrationcontroller import MigrationController


def test_nothing_is_renamed_added_or_lost() -> None:
    """Keys have underscores, values any type, unknown keys stay."""
    spec = {"mig_pv_limit": 500, "cluster_name": "ocp4", "of_another_version": {"with": ["structure"]}, "unset": None}
    assert MigrationController.from_dict({"spec": spec}).to_dict()["spec"] == spec
