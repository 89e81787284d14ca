"""From a location to restic's words: the repository's name, options and environment.

The names are Velero's, so that each of us finds the repository of the other. Secrets travel in files of a private folder and
in the environment, never in arguments.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mtc import store
from mtc.movers.volumes.port import Repository
from mtc.store import azure, errors, s3

#: Variables of ours that must not reach restic: each of them would change what a verb does.
_FOREIGN = ("RESTIC_",)
#: Variables by which a machine identity works; they count only where the location brings no credential.
_IDENTITY = ("AWS_", "AZURE_", "GOOGLE_")
#: restic takes every core by default; four keep one transfer quick and leave the rest to the node's applications.
_GO_THREADS = max(1, min(4, os.cpu_count() or 1))
_AZURE_SUFFIXES = {"AzureUSGovernmentCloud": "core.usgovcloudapi.net", "AzureChinaCloud": "core.chinacloudapi.cn"}


@dataclass(frozen=True)
class Access:
    """How restic is called for a repository.

    Attributes:
        arguments: options for every verb.
        env: the whole environment.
        secrets: texts that must never be shown.
    """

    arguments: tuple[str, ...]
    env: dict[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


def identifier(location: store.Location, volume_namespace: str) -> str:
    """The repository as Velero writes it into `resticIdentifier`.

    Source: pkg/repository/config of Velero: `resticRepoPrefix` of the location's config replaces everything before the namespace.
    """
    return f"{_prefix(location).removesuffix('/')}/{volume_namespace}"


def _prefix(location: store.Location) -> str:
    if chosen := location.config.get("resticRepoPrefix"):
        return chosen
    folder = "/".join(part for part in (location.prefix.strip("/"), "restic") if part)
    match location.provider.removeprefix("velero.io/"):
        case "aws":
            region = location.config.get("region") or s3.DEFAULT_REGION
            url = location.config.get("s3Url", "").removesuffix("/") or f"s3-{region}.amazonaws.com"
            return f"s3:{url}/{location.bucket}/{folder}"
        case "azure":
            return f"azure:{location.bucket}:/{folder}"
        case "gcp":
            return f"gs:{location.bucket}:/{folder}"
        case "local":
            return f"{location.bucket}/{folder}"
    msg = f"Provider {location.provider!r} of {location.name} cannot hold volume data. Use aws, azure or gcp."
    raise errors.BadLocation(msg)


def prepare(repository: Repository, folder: Path) -> Access:
    """How to call restic, with secrets put into files of `folder`, which must be private and outlive the call.

    Raises BadLocation when settings or credential of the location cannot work.
    """
    location = repository.location
    provider = location.provider.removeprefix("velero.io/")
    has_credential = bool(location.credential and location.credential.strip())
    hidden = _FOREIGN + (_IDENTITY if has_credential else ())
    env = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    env |= {"RESTIC_PROGRESS_FPS": "1", "GOMAXPROCS": str(_GO_THREADS), "HOME": str(folder), "TMPDIR": str(folder)}
    env["RESTIC_REPOSITORY"] = identifier(location, repository.volume_namespace)
    env["RESTIC_PASSWORD_FILE"] = str(_file(folder, "password", repository.password))
    arguments: list[str] = []
    if location.ca:
        arguments += ["--cacert", str(_file(folder, "ca.pem", location.ca))]
    if location.config.get("insecureSkipTLSVerify", "").lower() == "true":
        arguments.append("--insecure-tls")
    secrets = [repository.password.decode("utf-8", "replace")]
    if provider in _PROVIDERS:
        added, options = _PROVIDERS[provider](location, folder)
        env |= added
        arguments += options
        secrets += [value for key, value in added.items() if any(word in key for word in ("SECRET", "KEY", "TOKEN"))]
    return Access(tuple(arguments), env, tuple(secret for secret in secrets if secret))


_Settings = tuple[dict[str, str], list[str]]


def _aws(location: store.Location, _: Path) -> _Settings:
    env = {key.upper(): value for key, value in s3.credentials(location).items()}
    region = location.config.get("region") or s3.DEFAULT_REGION
    style = "path" if s3.is_path_style(location) else "dns"
    # A URL of one's own with names that AWS would make (dns) is chosen only on request: see s3.is_path_style.
    return env, ["-o", f"s3.region={region}", "-o", f"s3.bucket-lookup={style}"]


def _azure(location: store.Location, _: Path) -> _Settings:
    keys = azure.credentials(location)
    account = location.config.get("storageAccount", "")
    if not account:
        msg = f"{location.name} needs config storageAccount: the Azure storage account that holds container {location.bucket!r}."
        raise errors.BadLocation(msg)
    env = {"AZURE_ACCOUNT_NAME": account}
    if key := keys.get(location.config.get("storageAccountKeyEnvVar") or azure.ACCESS_KEY):
        env["AZURE_ACCOUNT_KEY"] = key
    else:
        env |= {name: keys[name] for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET") if keys.get(name)}
    suffix = _AZURE_SUFFIXES.get(keys.get("AZURE_CLOUD_NAME", ""), "")
    uri = location.config.get("storageAccountURI", "").removeprefix("https://").strip("/")
    if ".blob." in uri:
        suffix = uri.split(".blob.", 1)[1]
    return env | ({"AZURE_ENDPOINT_SUFFIX": suffix} if suffix else {}), []


def _gcp(location: store.Location, folder: Path) -> _Settings:
    if not location.credential or not location.credential.strip():
        return {}, []
    return {"GOOGLE_APPLICATION_CREDENTIALS": str(_file(folder, "google.json", location.credential))}, []


_PROVIDERS: dict[str, Callable[[store.Location, Path], _Settings]] = {"aws": _aws, "azure": _azure, "gcp": _gcp}


def _file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path
