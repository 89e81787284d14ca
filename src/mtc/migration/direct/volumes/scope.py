"""Everything that one pass over a DirectVolumeMigration works with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mtc.api import names
from mtc.api.migration.directvolumemigration import DirectVolumeMigration, MigrationType, PvcToMigrate
from mtc.api.migration.migmigration import MigMigration, MigMigrationSpec
from mtc.api.settings.model import ClusterSettings, Settings
from mtc.kube.client import Client
from mtc.migration.errors import MigrationError
from mtc.movers.volumes import rsync

#: Namespace and name.
Claim = tuple[str, str]


class ImageMissing(MigrationError):
    """A cluster does not say which image the pods of a copy have."""

    reason = "RsyncTransferImageMissing"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One pass.

    Attributes:
        dvm: the object as it was read.
        host, source, target: the clusters.
        namespace: where the toolkit lives on every cluster.
        settings: of the installation.
        of_source, of_target: settings of the clusters.
        migration: whose copy it is, None where a person has asked for it.
        now: the time of this pass, in whole seconds.
    """

    dvm: DirectVolumeMigration
    host: Client
    source: Client
    target: Client
    namespace: str
    settings: Settings = field(repr=False)
    of_source: ClusterSettings = field(repr=False)
    of_target: ClusterSettings = field(repr=False)
    migration: MigMigration | None
    now: datetime

    @property
    def uid(self) -> str:
        """By which everything is found that was made for it."""
        return self.dvm.uid

    @property
    def claims(self) -> list[PvcToMigrate]:
        """What is copied, each claim once."""
        found = {(claim.namespace or "", claim.name or ""): claim for claim in self.dvm.spec.persistent_volume_claims or []}
        return list(found.values())

    @property
    def pairs(self) -> dict[str, str]:
        """Namespaces of the source, and where their claims go."""
        return {claim.namespace or "": target_of(claim)[0] for claim in self.claims}

    @property
    def owned(self) -> dict[str, str]:
        """The labels of everything that is made for it on the clusters."""
        return {
            names.APP: names.RSYNC_APP,
            names.OWNER: names.RSYNC_OWNER,
            names.PURPOSE: names.RSYNC_PURPOSE,
            **names.correlation_labels("DirectVolumeMigration", self.uid),
        }

    @property
    def owner(self) -> dict[str, Any]:
        """The reference by which what is made on the host cluster goes with it."""
        kind = self.dvm.KIND
        return {"apiVersion": kind.api_version, "kind": kind.kind, "name": self.dvm.name, "uid": self.uid, "controller": True}

    @property
    def proves(self) -> bool:
        """Whether both sides are compared: an application that still writes would differ anyway."""
        return self.dvm.spec.migration_type != MigrationType.STAGE and names.SKIP_PROOF not in self.dvm.annotations

    @property
    def asked(self) -> MigMigrationSpec | None:
        """What the migration asks for, None where a person has asked for the copy alone."""
        return self.migration.spec if self.migration else None

    @property
    def image_of_source(self) -> str:
        """Of the senders. Raises ImageMissing."""
        return _image(self.of_source, self.source, self.namespace)

    @property
    def image_of_target(self) -> str:
        """Of the receivers. Raises ImageMissing."""
        return _image(self.of_target, self.target, self.namespace)

    @property
    def extras(self) -> tuple[str, ...]:
        """Further options of rsync that a person has set, those that are options."""
        return rsync.usable(self.settings.rsync_opt_extras)[0]

    @property
    def verify_level(self) -> int:
        """How strictly both ends check each other's certificate, stunnel's levels; 0 for not at all."""
        return self.settings.stunnel_verify_ca_level if self.settings.stunnel_verify_ca else 0

    @property
    def attempts(self) -> int:
        """How often the copy of a claim is tried."""
        return max(1, self.dvm.spec.back_off_limit or self.settings.rsync_backoff_limit)


def _image(settings: ClusterSettings, cluster: Client, namespace: str) -> str:
    image = settings.rsync_transfer_image or settings.stage_image
    if not image:
        msg = (
            f"ConfigMap {namespace}/{names.CLUSTER_CONFIG_MAP} of cluster {cluster.name} has neither RSYNC_TRANSFER_IMAGE nor STAGE_IMAGE, the "
            "image of the pods that copy volumes. Set it to the image of the toolkit itself."
        )
        raise ImageMissing(msg)
    return image


def source_of(claim: PvcToMigrate) -> Claim:
    """Where a claim is in the source."""
    return claim.namespace or "", claim.name or ""


def target_of(claim: PvcToMigrate) -> Claim:
    """Where it comes to in the target."""
    return claim.target_namespace or claim.namespace or "", claim.target_name or claim.name or ""


def selector(uid: str, **more: str) -> str:
    """Selects what was made for a DirectVolumeMigration."""
    wanted: Mapping[str, str] = {"directvolumemigration": uid, **more}
    return ",".join(f"{key}={value}" for key, value in wanted.items())
