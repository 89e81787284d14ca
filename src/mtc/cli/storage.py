"""`mtc storage`: add and check the buckets through which migrations go."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from mtc.cli import _declare, _look, _options
from mtc.words import _

if TYPE_CHECKING:
    from mtc.kube.client import Client

SECTION = "Declare"

app = typer.Typer(name="storage", help="Buckets through which migrations go.", no_args_is_help=True, rich_markup_mode=None)
_PROVIDERS = ("aws", "azure", "gcp")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="How the storage is to be called.", show_default=False)],
    *,
    provider: Annotated[str | None, typer.Option(help="aws (also for everything that speaks S3), azure or gcp.")] = None,
    bucket: Annotated[str | None, typer.Option(help="Bucket; for Azure the container.")] = None,
    region: Annotated[str, typer.Option(help="Region of the bucket; S3.")] = "",
    url: Annotated[str, typer.Option(help="URL of an S3-compatible storage; without it Amazon's own.")] = "",
    kms_key_id: Annotated[str, typer.Option(help="KMS key with which AWS encrypts; S3.")] = "",
    account: Annotated[str, typer.Option(help="Storage account; Azure.")] = "",
    account_uri: Annotated[str, typer.Option(help="URL of the storage account where it is not that of its cloud; Azure.")] = "",
    resource_group: Annotated[str, typer.Option(help="Resource group of the storage account; Azure.")] = "",
    endpoint: Annotated[str, typer.Option(help="Host or URL where it is not Google's own; Google Cloud Storage.")] = "",
    credentials_file: Annotated[str | None, typer.Option(help="File with the credentials; - is standard input.")] = None,
    credentials_env: Annotated[
        bool, typer.Option("--credentials-env", help="Take AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment.")
    ] = False,
    secret: _declare.UseSecret = None,
    secret_namespace: _declare.SecretNamespace = None,
    ca_file: _declare.CaFile = None,
    insecure: _declare.Insecure = False,
    dry_run: _declare.DryRun = False,
    wait: _declare.Wait = True,
    timeout: _declare.Timeout = "2m",
    output: _declare.Output = _declare.Form.YAML,
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Add a storage and wait until the controller has written to it and read from it; what does not work is told. Adding it again changes it.

    Credentials: for S3 a file as ~/.aws/credentials, for Azure lines KEY=value, for Google the JSON key of a service account.
    """
    from mtc.act import declare, secrets
    from mtc.kube import resources

    place = {"name": secret or f"{name}-creds", "namespace": secret_namespace or namespace}

    async def work(client: "Client") -> int:
        chosen = _declare.wanted(provider, "--provider", _("Provider"), choices=_PROVIDERS)
        found = declare.Storage(
            provider=chosen,
            bucket=_declare.wanted(bucket, "--bucket", _("Bucket or container")),
            region=region,
            url=url,
            kms_key_id=kms_key_id,
            account=account,
            account_uri=account_uri,
            resource_group=resource_group,
            endpoint=endpoint,
            ca=secrets.from_file(ca_file, what="The CA") if ca_file else "",
            insecure=insecure,
        )
        items = [declare.storage(name, namespace, found, secret=place)]
        if secret is None:
            values = _credentials(chosen, credentials_file, from_environment=credentials_env)
            items.insert(0, secrets.manifest(place["name"], place["namespace"], values, owner=f"MigStorage/{name}"))
        if dry_run:
            _declare.print_manifests(items, output)
            return 0
        return await _declare.declared(
            client, resources.MIG_STORAGES, name, items, namespace=namespace, wait=wait, timeout_s=_declare.seconds(timeout)
        )

    _look.on_host(work, _options.Way(kubeconfig, context, namespace))


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="Name of the MigStorage.", show_default=False)],
    *,
    timeout: _declare.Timeout = "2m",
    kubeconfig: _options.Kubeconfig = None,
    context: _options.Context = None,
    namespace: _options.Namespace = _options.TOOLKIT,
) -> None:
    """Let the controller try a storage again now, and tell what it found. Exits with 0 when it is ready, 3 with warnings, else 1."""
    from mtc.kube import resources

    async def work(client: "Client") -> int:
        return await _declare.checked(client, resources.MIG_STORAGES, name, namespace=namespace, timeout_s=_declare.seconds(timeout))

    _look.on_host(work, _options.Way(kubeconfig, context, namespace))


def _credentials(provider: str, file: str | None, *, from_environment: bool) -> dict[str, str]:
    """The data of the Secret."""
    from mtc.act import declare, secrets

    if provider == "aws" and from_environment:
        found = {key: secrets.from_variable(key.upper(), what="The key") for key in ("aws_access_key_id", "aws_secret_access_key")}
        return secrets.aws("\n".join(f"{key}={value}" for key, value in found.items()))
    if file is None and provider == "aws" and _declare.can_ask():
        identity = _declare.wanted(None, "", _("Access key id"), default=os.environ.get("AWS_ACCESS_KEY_ID", ""))
        key = _declare.wanted(None, "", _("Secret access key (it is not shown)"), hidden=True)
        return secrets.aws(f"aws_access_key_id={identity}\naws_secret_access_key={key}")
    path = _declare.wanted(file, "--credentials-file", _("File with the credentials"))
    text = secrets.from_file(path, what="The credentials")
    return secrets.aws(text) if provider == "aws" else {declare.CREDENTIAL_KEYS[provider]: text}
