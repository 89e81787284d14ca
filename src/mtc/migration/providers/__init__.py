"""How a MigStorage of each provider becomes settings and credentials of Velero's locations.

One file a provider, each with `PROVIDER`; the folder is scanned. Everything here but `snapshot_refusal`, and `registry` where a key has to
be looked up, is a pure function of the MigStorage and of the Secret that a person made; whether the storage answers is for the check of the probe to find out.
"""

import base64
import binascii
import functools
import importlib
import pkgutil
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from mtc.api import durations
from mtc.api.migration.migstorage import BackupStorageConfig, VolumeSnapshotConfig
from mtc.kube.client import Object

#: The decoded data of a Secret.
Keys = Mapping[str, bytes]
_URL = re.compile(r"https?://[^/\s]+")


@dataclass(frozen=True)
class RegistryStorage:
    """How an image registry keeps its images in the storage.

    Attributes:
        env: its variables.
        secret_env: variables whose values are secret: keys of `data`.
        files: where it finds keys of `data` as files.
        data: what its Secret holds.
    """

    env: Mapping[str, str]
    secret_env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    data: Keys = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Provider:
    """One provider.

    Attributes:
        name: as MigStorage and locations call it.
        backup_problems: what of the backup settings and credentials cannot work: field names with a reason.
        snapshot_problems: the same for volume snapshots.
        credential: the cloud file for a cluster, given its Azure resource group.
        bucket: bucket or container.
        config: `spec.config` of a BackupStorageLocation.
        snapshot_config: `spec.config` of a VolumeSnapshotLocation.
        registry: how a migration registry keeps images there, below the folder that is named. Raises StoreError.
        snapshot_refusal: asks the provider whether it knows credentials for snapshots; what it says where it does not, "" where it does or
            cannot be asked. None where there is no way to ask.
    """

    name: str
    backup_problems: Callable[[BackupStorageConfig, Keys], list[str]]
    snapshot_problems: Callable[[VolumeSnapshotConfig, Keys], list[str]]
    credential: Callable[[Keys, str], bytes]
    bucket: Callable[[BackupStorageConfig], str]
    config: Callable[[BackupStorageConfig, Keys], dict[str, str]]
    snapshot_config: Callable[[VolumeSnapshotConfig], dict[str, str]]
    registry: Callable[[BackupStorageConfig, Keys, str], Awaitable[RegistryStorage]]
    snapshot_refusal: Callable[[VolumeSnapshotConfig, Keys], Awaitable[str]] | None = None


@functools.cache
def known() -> dict[str, Provider]:
    """All providers by name."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {module.PROVIDER.name: module.PROVIDER for module in modules}


def keys_of(secret: Object) -> dict[str, bytes]:
    """The decoded data of a Secret."""
    return {key: base64.b64decode(value or "") for key, value in (secret.get("data") or {}).items()}


def missing_keys(keys: Keys, *wanted: str) -> list[str]:
    """A problem for each key of the Secret that is not there or empty."""
    return [f"{key} of the Secret is missing" for key in wanted if not keys.get(key, b"").strip()]


def word_problems(keys: Keys, *wanted: str) -> list[str]:
    """A problem for each key of the Secret that is not there, or that holds anything but one word: it goes into a line of a file."""
    words = {key: keys.get(key, b"").strip() for key in wanted}
    broken = [key for key, word in words.items() if word and (not word.isascii() or not word.decode().isprintable() or b" " in word)]
    return missing_keys(keys, *wanted) + [f"{key} of the Secret is not one word of plain letters" for key in broken]


def url_problem(field: str, value: str) -> list[str]:
    """A problem when a URL is given that is none, or has a user and a password in it."""
    if "@" in value.partition("//")[2].partition("/")[0]:
        return [f"{field} has a user in it: put credentials into the Secret"]
    return [] if not value or _URL.match(value) else [f"{field} is no http(s) URL"]


def duration_problem(field: str, value: str) -> list[str]:
    """A problem when a duration is given that is none."""
    if not value:
        return []
    try:
        durations.parse(value)
    except durations.InvalidDuration:
        return [f"{field} is no duration such as 10m"]
    return []


def ca_problem(config: BackupStorageConfig) -> list[str]:
    """A problem when the CA bundle is not base64."""
    try:
        base64.b64decode(config.s3_custom_ca_bundle or "", validate=True)
    except binascii.Error:
        return ["s3CustomCABundle is not base64"]
    return []


def without_empty(config: Mapping[str, str]) -> dict[str, str]:
    """The settings that have a value."""
    return {key: value for key, value in config.items() if value}
