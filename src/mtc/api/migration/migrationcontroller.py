"""MigrationController: the settings of an installation.

Spec and status are free-form in the CRD: keys are written with underscores, values as strings or as YAML's own types, and
keys of other versions are kept. What the keys mean, and how values are read, is in `mtc.api.settings`.
"""

from typing import ClassVar

from pydantic import ConfigDict, Field

from mtc.api import base


class MigrationControllerSpec(base.Model):
    """The settings, as they were written."""

    model_config = ConfigDict(alias_generator=None)


class MigrationControllerStatus(base.Model):
    """What is wrong with the settings, beside whatever the one who installs wants to remember."""


class MigrationController(base.Resource):
    """An installation of the toolkit on a cluster, and its settings."""

    KIND: ClassVar[base.Kind] = base.migration_kind("MigrationController", "migrationcontrollers")
    spec: MigrationControllerSpec = Field(
        default_factory=MigrationControllerSpec, description="The settings.", json_schema_extra=base.FREE_FORM
    )
    status: MigrationControllerStatus = Field(
        default_factory=MigrationControllerStatus, description="How the installation goes.", json_schema_extra=base.FREE_FORM
    )
