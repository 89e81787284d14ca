"""The roles of least privilege in deploy/ are those of the list of rights, and an installation with them has no other."""

from pathlib import Path

import pytest
import yaml

from mtc.install import least_privilege, manifests
from mtc.kube.client import Object

ADMIN = "cluster-admin"


def test_the_files_are_what_the_list_of_rights_says() -> None:
    """Nobody edits them by hand: `make crds` writes them."""
    folder = manifests.folder() / "manifests" / "least-privilege"
    assert least_privilege.GENERATED.differing(folder) == []


def test_files_that_differ_are_named_and_written_into_folders_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A check tells each file and what to do, and writes nothing; writing makes the folders."""
    assert least_privilege.GENERATED.main(["--check", str(tmp_path)]) == 1
    complaints = capsys.readouterr().err.splitlines()
    assert [complaint.split()[0] for complaint in complaints] == [
        str(tmp_path / folder / "access.yaml") for folder in ("host", "openshift", "remote")
    ]
    assert all(f"python -m mtc.install.least_privilege {tmp_path}" in complaint for complaint in complaints)
    assert not list(tmp_path.iterdir())
    assert least_privilege.GENERATED.main([str(tmp_path)]) == 0
    assert least_privilege.GENERATED.main(["--check", str(tmp_path)]) == 0


@pytest.mark.parametrize("host", [True, False])
def test_an_installation_with_least_privilege_binds_the_controller_to_no_admin(*, host: bool) -> None:
    """Every role that the controller is bound to is there; cluster-admin is left to the engine only."""
    objects = manifests.objects(image="mtc:1", host=host, namespace="toolkit", pods_path="/pods", least_privilege=True)
    bindings = [item for item in objects if item["kind"].endswith("Binding") and _is_for("migration-controller", item)]
    assert bindings
    named = {(item["kind"], item["metadata"]["name"]) for item in objects}
    assert {(item["roleRef"]["kind"], item["roleRef"]["name"]) for item in bindings} <= named
    assert ADMIN not in {item["roleRef"]["name"] for item in bindings}
    assert all(subject["namespace"] == "toolkit" for item in bindings for subject in item["subjects"])
    assert {item["subjects"][0]["name"] for item in objects if (item.get("roleRef") or {}).get("name") == ADMIN} == {"velero"}


def test_an_ordinary_installation_keeps_the_admin_binding() -> None:
    """Least privilege is asked for."""
    objects = manifests.objects(image="mtc:1", host=True, namespace="toolkit", pods_path="/pods")
    assert any(manifests.is_admin_binding(item) for item in objects)


def test_only_the_host_may_write_our_objects() -> None:
    """The account on another cluster has no rights on MigPlans and the like, because there are none."""
    assert "migplans" in yaml.safe_dump(least_privilege.objects(host=True))
    assert "migplans" not in yaml.safe_dump(least_privilege.objects(host=False))


def _is_for(account: str, item: Object) -> bool:
    return any(subject["name"] == account for subject in item["subjects"])
