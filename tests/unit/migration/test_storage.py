"""What a MigStorage names. No cluster."""

import pytest

from mtc.api import base
from mtc.api.migration.migstorage import MigStorage
from mtc.migration import reconcile_storage


@pytest.mark.parametrize(("provider", "snapshots"), [("aws", base.Ref("mtc", "snap")), ("", None)])
def test_a_secret_for_snapshots_is_looked_for_where_there_are_snapshots(provider: str, snapshots: base.Ref | None) -> None:
    """Without a provider of snapshots nothing says that the Secret is missing, so nothing may need it."""
    reference = {"namespace": "mtc", "name": "snap"}
    spec = {
        "backupStorageProvider": "aws",
        "backupStorageConfig": {"credsSecretRef": reference | {"name": "creds"}},
        "volumeSnapshotProvider": provider,
        "volumeSnapshotConfig": {"credsSecretRef": reference},
    }
    item = {
        "apiVersion": "migration.openshift.io/v1alpha1",
        "kind": "MigStorage",
        "metadata": {"namespace": "mtc", "name": "s"},
        "spec": spec,
    }
    assert reconcile_storage.secret_refs(MigStorage.from_dict(item)) == (base.Ref("mtc", "creds"), snapshots)
