"""Conditions of a MigCluster: is it described well, does it answer, may we work there."""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import Entry

_critical = partial(Entry, "MigCluster", conditions.CRITICAL)
_warn = partial(Entry, "MigCluster", conditions.WARN)
_required = partial(Entry, "MigCluster", conditions.REQUIRED)

ENTRIES = (
    _critical(
        conditions.INVALID_URL,
        conditions.NOT_SET,
        explanation="The cluster is not the host cluster, and nothing says where its API server is.",
        remedy="Set spec.url to the URL of the API server, https://host:port, or isHostCluster to true if it is the host cluster.",
    ),
    _critical(
        conditions.INVALID_URL,
        conditions.MALFORMED,
        explanation="spec.url cannot be read as a URL, or names no host.",
        remedy="Write it as https://host:port, as `kubectl cluster-info` shows it on that cluster.",
    ),
    _critical(
        conditions.INVALID_URL,
        conditions.INVALID_SCHEME,
        explanation="spec.url begins with something else than http:// or https://.",
        remedy="Write it as https://host:port.",
    ),
    _critical(
        conditions.INVALID_SA_SECRET_REF,
        conditions.NOT_SET,
        explanation="A remote cluster is entered with the token of a service account, and spec.serviceAccountSecretRef names no Secret.",
        remedy="Set its name and namespace to those of a Secret on the host cluster whose key saToken holds the token.",
    ),
    _critical(
        conditions.INVALID_SA_SECRET_REF,
        conditions.NOT_FOUND,
        explanation="The Secret that spec.serviceAccountSecretRef names does not exist on the host cluster.",
        remedy="Create it with key saToken, or correct the reference. The cluster is looked at again as soon as the Secret is there.",
    ),
    _critical(
        conditions.INVALID_SA_TOKEN,
        conditions.NOT_FOUND,
        explanation="The Secret exists and has no key saToken.",
        remedy="Put the token of a service account of the remote cluster under key saToken.",
    ),
    _critical(
        conditions.INVALID_SA_TOKEN,
        conditions.NOT_SET,
        explanation="Key saToken of the Secret is empty, or what it holds is no token, for instance because it was encoded twice.",
        remedy="Store the raw token; `kubectl create secret generic --from-literal=saToken=...` does the encoding.",
    ),
    _critical(
        conditions.TEST_CONNECT_FAILED,
        conditions.CONNECT_FAILED,
        explanation=(
            "The API server did not answer a request within five seconds, or did not accept the token or the certificate. The message has "
            "the error. Migrations from and to this cluster stand still until it answers."
        ),
        remedy=(
            "Check URL, network and token. A certificate that the cluster signed itself needs its CA in spec.caBundle, or insecure set to "
            "true. The test is repeated all the time, so nothing has to be restarted."
        ),
    ),
    _critical(
        conditions.SA_TOKEN_NOT_PRIVILEGED,
        conditions.UNAUTHORIZED,
        explanation="The cluster answers, and the service account behind the token lacks rights that every migration needs there.",
        remedy="Bind the service account to a role that has what the message lists, or to ClusterRole cluster-admin.",
    ),
    _critical(
        conditions.INVALID_REGISTRY_ROUTE,
        conditions.ROUTE_TEST_FAILED,
        explanation=(
            "What spec.exposedRegistryPath names did not answer as an image registry, so images could not be copied directly. The message "
            "has the answer or the error."
        ),
        remedy="Give the host name of the registry's route, or remove the field when no images are copied directly.",
    ),
    _warn(
        conditions.CLUSTER_OPERATOR_VERSION_NOT_FOUND,
        conditions.VERSION_NOT_FOUND,
        explanation=(
            "ConfigMap migration-cluster-config of the cluster does not tell which version of the toolkit is installed there, so nobody can "
            "tell whether the clusters fit together."
        ),
        remedy="Install the toolkit on the cluster, or add key OPERATOR_VERSION to the ConfigMap.",
    ),
    _warn(
        conditions.OPERATOR_VERSION_MISMATCH,
        conditions.VERSION_CHECK_FAILED,
        explanation="The cluster has another version of the toolkit than the host cluster. Migrations between them may fail or lose data.",
        remedy="Install the same version on both before you migrate.",
    ),
    _required(
        conditions.READY,
        "",
        explanation="The cluster answers and the toolkit may work there. It can be source or target of a plan.",
    ),
    _warn(
        conditions.INVALID_SETTINGS,
        "",
        explanation=(
            "Some settings of the cluster, in its ConfigMap migration-cluster-config or its MigrationController, have values that cannot be "
            "understood. For each of them the other place or the default holds; all other settings apply."
        ),
        remedy="Correct the values that the message names; it says what is expected.",
    ),
)
