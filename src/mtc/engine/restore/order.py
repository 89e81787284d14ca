"""In which order types are restored. Pure.

Velero restores one object after the other; here the order is kept only between tiers, because only there it matters: a
claim needs its class, a token Secret its ServiceAccount, a webhook must not judge objects before its Service is there.
"""

from collections.abc import Iterable

DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"
NAMESPACES = "namespaces"
_RBAC = "rbac.authorization.k8s.io"
_SNAPSHOT = "snapshot.storage.k8s.io"

_FIRST: tuple[frozenset[str], ...] = (
    frozenset({DEFINITIONS}),
    frozenset({NAMESPACES}),
    frozenset({"storageclasses.storage.k8s.io", "priorityclasses.scheduling.k8s.io", f"volumesnapshotclasses.{_SNAPSHOT}"}),
    frozenset({f"volumesnapshotcontents.{_SNAPSHOT}"}),
    frozenset({f"volumesnapshots.{_SNAPSHOT}", "datauploads.velero.io"}),
    frozenset({"persistentvolumes"}),
    frozenset({"persistentvolumeclaims"}),
    frozenset({f"clusterroles.{_RBAC}", f"roles.{_RBAC}", "serviceaccounts"}),
    frozenset({f"clusterrolebindings.{_RBAC}", f"rolebindings.{_RBAC}", "secrets", "configmaps", "limitranges"}),
    frozenset({"pods"}),
    frozenset({"replicasets.apps"}),
    frozenset({"endpoints", "services"}),
)
_LAST = frozenset(
    {
        "clusterbootstraps.run.tanzu.vmware.com",
        "clusters.cluster.x-k8s.io",
        "clusterresourcesets.addons.cluster.x-k8s.io",
        "apps.kappctrl.k14s.io",
        "packageinstalls.packaging.carvel.dev",
        "apiservices.apiregistration.k8s.io",
        "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        "validatingadmissionpolicies.admissionregistration.k8s.io",
        "validatingadmissionpolicybindings.admissionregistration.k8s.io",
    }
)

#: Never restored; Velero's list.
NEVER = frozenset(
    {
        "nodes",
        "events",
        "events.events.k8s.io",
        "backups.velero.io",
        "restores.velero.io",
        "resticrepositories.velero.io",
        "csinodes.storage.k8s.io",
        "volumeattachments.storage.k8s.io",
        "backuprepositories.velero.io",
    }
)


def tiers(group_resources: Iterable[str]) -> list[frozenset[str]]:
    """The types in groups; everything of a group may be restored at once, one group after the other."""
    left = {*group_resources} - NEVER
    middle = left - _LAST - frozenset().union(*_FIRST)
    return [frozenset(tier) for tier in [*(left & tier for tier in _FIRST), middle, left & _LAST] if tier]
