"""Settings: those of the controller from its environment, those of a cluster from its ConfigMap.

The keys are MTC's, so that the ConfigMaps `migration-controller` and `migration-cluster-config` of an existing installation
work. A limit that is no number above zero stops the start; a boolean that cannot be understood keeps its default.
"""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mtc.api import names
from mtc.api.migration.migrationcontroller import DEFAULT_EXCLUDED_RESOURCES
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.migration import errors

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def parse_bool(value: str | None, *, default: bool) -> bool:
    """A boolean as Go spells them; anything else is the default."""
    return value in _TRUE or (default and value not in _FALSE)


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _limit(value: object) -> object:
    if isinstance(value, str):
        try:
            value = int(value)
        except ValueError as error:
            raise ValueError("is not an integer") from error
    if isinstance(value, int) and value < 1:
        raise ValueError("is below 1")
    return value


Limit = Annotated[int, BeforeValidator(_limit)]
CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """Settings of the controller; each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(frozen=True, case_sensitive=False)

    namespace_limit: Limit = Field(default=10, description="Most namespaces in a plan.")
    pod_limit: Limit = Field(default=100, description="Running pods in a plan above which it warns.")
    pv_limit: Limit = Field(default=100, description="Volumes in a plan above which it warns.")
    pv_move_storageclasses: CommaList = Field(default=(), description="Storage classes whose volumes can be moved.")
    excluded_resources: CommaList = Field(default=DEFAULT_EXCLUDED_RESOURCES, description="Resources that are not migrated.")
    disable_image_copy: bool = Field(default=False, description="Migrate ImageStreams without the images themselves.")

    @field_validator("disable_image_copy", mode="before")
    @classmethod
    def _boolean(cls, value: object) -> object:
        return parse_bool(value, default=False) if isinstance(value, str) else value

    @classmethod
    def from_environment(cls) -> Self:
        """The settings of this process. Raises errors.InvalidSettings."""
        try:
            return cls()
        except ValidationError as error:
            problems = (_explain(str(item["loc"][0]).upper(), item["msg"]) for item in error.errors())
            msg = f"The controller cannot start with these settings: {'; '.join(problems)}. Correct the environment or the ConfigMap."
            raise errors.InvalidSettings(msg) from error


def _explain(name: str, message: str) -> str:
    return f"{name}={os.environ.get(name, '')!r} {message.removeprefix('Value error, ')}"


class ClusterSettings(BaseModel):
    """Settings of one cluster, from its ConfigMap; unknown keys are other programs' business."""

    model_config = ConfigDict(frozen=True, alias_generator=str.upper, populate_by_name=True, extra="ignore")

    operator_version: str = ""
    stage_image: str = ""
    registry_image: str = ""
    rsync_transfer_image: str = ""
    rsync_privileged: bool = False
    rsync_super_privileged: bool = False
    rsync_endpoint_type: str = ""
    cluster_subdomain: str = ""
    registry_validation_subpath: str = "/v2/_catalog?n=5"

    @field_validator("rsync_privileged", "rsync_super_privileged", mode="before")
    @classmethod
    def _boolean(cls, value: object) -> object:
        return parse_bool(value, default=False) if isinstance(value, str) else value

    @classmethod
    def from_data(cls, data: Mapping[str, Any] | None) -> Self:
        """The settings in the data of a ConfigMap; an empty value is as good as none."""
        return cls.model_validate({key: value for key, value in (data or {}).items() if value != ""})


async def of_cluster(cluster: Client, *, namespace: str) -> ClusterSettings:
    """The settings of a cluster; defaults where it has no ConfigMap. Raises KubeError."""
    found = await cluster.find(resources.CONFIG_MAPS, names.CLUSTER_CONFIG_MAP, namespace=namespace)
    return ClusterSettings.from_data((found or {}).get("data"))
