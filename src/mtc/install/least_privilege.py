"""The roles of the controller without cluster-admin, made from the list of rights that it needs.

`python -m mtc.install.least_privilege DIR` writes them into the folders `host`, `remote` and `openshift` of DIR; with `--check` it
writes nothing and exits with 1 when files differ from what would be written.
"""

import sys

from mtc.api import names
from mtc.api.generated import Generated
from mtc.kube.client import Object
from mtc.migration.rights import needed, roles
from mtc.migration.rights.needed import Use

#: The binding to cluster-admin that these roles take the place of.
ADMIN_BINDING = "openshift-migration-controller"
FILE = "access.yaml"
_NAMESPACE = names.MIGRATION_NAMESPACE
_LABELS = {names.PART_OF: names.PART_OF_VALUE}
_CLUSTER, APPLICATIONS, _SECRETS = "openshift-migration-cluster", "openshift-migration-applications", "openshift-migration-secrets"
DRY_RUN = "openshift-migration-dry-run"
_REGISTRY = "openshift-migration-registry"
_HEADER = "# Written by `make crds` from the list of rights in mtc.migration.rights.needed; edit it there.\n"


def objects(*, host: bool) -> list[Object]:
    """Roles and bindings of the controller's account on a cluster that is source or target, and perhaps the host.

    Rights on applications stand in a ClusterRole of their own, which is bound in the whole cluster: a migration makes namespaces
    of the target itself. Whoever binds it in some namespaces only is told by the plan when one is missing.
    """
    needs = needed.of(Use.SOURCE, Use.TARGET, *([Use.HOST] if host else []))
    account = _account()
    found = [
        roles.role("ClusterRole", _CLUSTER, needs.cluster),
        roles.binding("ClusterRoleBinding", _CLUSTER, "ClusterRole", _CLUSTER, account),
        roles.role("ClusterRole", APPLICATIONS, needs.application),
        roles.binding("ClusterRoleBinding", APPLICATIONS, "ClusterRole", APPLICATIONS, account),
        roles.role("Role", names.CONTROLLER_NAME, needs.toolkit, namespace=_NAMESPACE),
        roles.binding("RoleBinding", names.CONTROLLER_NAME, "Role", names.CONTROLLER_NAME, account, namespace=_NAMESPACE),
    ]
    # Bound nowhere: who wants whole dry runs binds it, for as long as they take.
    found.append(roles.role("ClusterRole", DRY_RUN, needed.of_dry_run()))
    if host:
        # Bound nowhere: only who keeps credentials in other namespaces needs it there.
        found.append(roles.role("ClusterRole", _SECRETS, needs.config))
        found += _registry(*needed.REGISTRY_SERVICE)
    return _labelled(found)


def of_openshift() -> list[Object]:
    """What the account gets on a host with OpenShift 4, in a namespace that other clusters do not have."""
    return _labelled(_registry(*needed.REGISTRY_SETTINGS))


def _account() -> list[Object]:
    return [{"kind": "ServiceAccount", "name": names.CONTROLLER_NAME, "namespace": _NAMESPACE}]


def _registry(namespace: str, right: needed.Right) -> list[Object]:
    return [
        roles.role("Role", _REGISTRY, [right], namespace=namespace),
        roles.binding("RoleBinding", _REGISTRY, "Role", _REGISTRY, _account(), namespace=namespace),
    ]


def _labelled(found: list[Object]) -> list[Object]:
    for item in found:
        item["metadata"]["labels"] = dict(_LABELS)
    return found


def files() -> dict[str, str]:
    """What is written, by path below the folder."""
    folders = {"host": objects(host=True), "remote": objects(host=False), "openshift": of_openshift()}
    return {f"{folder}/{FILE}": _HEADER + roles.text(items) for folder, items in folders.items()}


GENERATED = Generated(module="mtc.install.least_privilege", what="the controller's roles of least privilege", files=files)

if __name__ == "__main__":
    sys.exit(GENERATED.main())
