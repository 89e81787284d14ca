"""MigCluster: a cluster that takes part in migrations, and how to reach it."""

from typing import Annotated, ClassVar

from pydantic import Field, WithJsonSchema

from mtc.api import base, common
from mtc.api.conditions import Condition

#: No address is longer; the status repeats it, and both have to fit into one object.
LONGEST_REGISTRY_PATH = 2048
_RegistryPath = Annotated[str, WithJsonSchema({"type": "string", "maxLength": LONGEST_REGISTRY_PATH})]


class MigClusterSpec(base.Model):
    """How to reach the cluster."""

    is_host_cluster: bool = Field(
        default=False,
        description="Whether this is the cluster on which the controller runs; then neither url nor Secret is used.",
        json_schema_extra=base.REQUIRED,
    )
    url: str = Field(default="", description="URL of the API server, `https://host:port`.")
    service_account_secret_ref: common.ObjectReference | None = Field(
        default=None, description="Secret whose key `saToken` holds the token of a privileged service account of the cluster."
    )
    ca_bundle: base.Base64 | None = Field(default=None, description="Certificates that the API server's certificate is checked against.")
    azure_resource_group: str = Field(default="", description="Azure resource group of the cluster's disks.")
    insecure: bool = Field(default=False, description="Do not check the API server's certificate; `caBundle` is then ignored.")
    restart_restic: bool | None = Field(
        default=None, description="Whether node agents of this cluster are restarted once stage pods exist; unset means as needed."
    )
    refresh: bool = Field(default=False, description="Check the cluster again now; goes back to false by itself.")
    exposed_registry_path: _RegistryPath = Field(default="", description="Host of the cluster's image registry as seen from outside.")


class MigClusterStatus(base.Model):
    """What is known of the cluster."""

    conditions: list[Condition] = Field(default_factory=list, description="What holds for the cluster.")
    observed_digest: str | None = Field(default=None, description="Digest of the spec that was last reconciled.")
    registry_path: str | None = Field(default=None, description="Host of the image registry that is used for direct image copies.")
    operator_version: str | None = Field(default=None, description="Version of the toolkit that is installed on the cluster.")


class MigCluster(base.Resource):
    """A cluster that applications are migrated from or to."""

    KIND: ClassVar[base.Kind] = base.migration_kind(
        "MigCluster",
        "migclusters",
        base.READY_COLUMN,
        base.Column("URL", ".spec.url"),
        base.Column("Host", ".spec.isHostCluster", "boolean"),
        base.AGE,
    )
    spec: MigClusterSpec = Field(default_factory=MigClusterSpec, description="How to reach the cluster.")
    status: MigClusterStatus = Field(default_factory=MigClusterStatus, description="What is known of the cluster.")
