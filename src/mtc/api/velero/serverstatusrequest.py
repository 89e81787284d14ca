"""ServerStatusRequest: asks the engine of this cluster whether it is there, and for its version."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from mtc.api import base


class Phase(StrEnum):
    """How far the request has come."""

    NEW = "New"
    PROCESSED = "Processed"


class ServerStatusRequestSpec(base.Model):
    """Nothing: there is only one question."""


class PluginInfo(base.Model):
    """A plug-in of the engine."""

    name: str = Field(description="Name of the plug-in.")
    kind: str = Field(description="What the plug-in is used for.")


class ServerStatusRequestStatus(base.Model):
    """The answer."""

    phase: str | None = Field(default=None, description="How far the request has come.")
    processed_timestamp: base.Time | None = Field(default=None, description="When it was answered.")
    server_version: str | None = Field(default=None, description="Version of the engine.")
    plugins: list[PluginInfo] = Field(default_factory=list, description="Plug-ins of the engine.")


class ServerStatusRequest(base.Resource):
    """A question for the version of the engine."""

    KIND: ClassVar[base.Kind] = base.velero_kind(
        "ServerStatusRequest",
        "serverstatusrequests",
        base.Column("Status", ".status.phase"),
        base.Column("Version", ".status.serverVersion"),
        base.AGE,
        short_names=("ssr",),
    )
    spec: ServerStatusRequestSpec = Field(default_factory=ServerStatusRequestSpec, description="Empty.")
    status: ServerStatusRequestStatus = Field(default_factory=ServerStatusRequestStatus, description="The answer.")
