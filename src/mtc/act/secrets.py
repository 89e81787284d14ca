"""Secret values on their way into a Secret: from a file, from standard input, from a variable; never from an argument or into a message."""

import base64
import configparser
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtc.act import errors
from mtc.api import names
from mtc.kube import errors as kube_errors
from mtc.kube import resources
from mtc.kube.client import Client, Object

#: The name under which standard input is given as a file.
STDIN = "-"
_AWS_KEYS = {
    "aws_access_key_id": names.AWS_ACCESS_KEY_ID_KEY,
    "aws_secret_access_key": names.AWS_SECRET_ACCESS_KEY_KEY,
}


def from_file(path: str, *, what: str) -> str:
    """The text of a file, or of standard input for `-`, without the white space around it.

    Raises:
        errors.Incomplete: it cannot be read, or it is empty.
    """
    try:
        text = sys.stdin.read() if path == STDIN else Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise errors.Incomplete(
            f"{what} cannot be read from {path} ({why}). Give a file that holds it, or - for standard input."
        ) from error
    if not text.strip():
        raise errors.Incomplete(f"{what} in {'standard input' if path == STDIN else path} is empty.")
    return text.strip()


def from_variable(name: str, *, what: str) -> str:
    """The value of an environment variable. Raises errors.Incomplete where it is not set."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise errors.Incomplete(f"{what} is not in the environment: variable {name} is not set, or empty.")
    return value


def aws(text: str) -> dict[str, str]:
    """The keys of the Secret for S3, out of a credentials file with or without a section, in AWS's form or with our own key names.

    Raises:
        errors.Incomplete: a key is missing.
    """
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text if text.lstrip().startswith("[") else f"[default]\n{text}")
    except configparser.Error as error:
        # The error itself would show the line.
        msg = "The credentials are no lines of KEY = value. Write aws_access_key_id = … and aws_secret_access_key = …."
        raise errors.Incomplete(msg) from error
    section = "default" if parser.has_section("default") else (parser.sections() or [""])[0]
    found = {key.replace("-", "_").lower(): value.strip() for key, value in (parser.items(section) if section else [])}
    missing = [key for key in _AWS_KEYS if not found.get(key)]
    if missing:
        raise errors.Incomplete(f"The credentials have no {' and no '.join(missing)}.")
    return {target: found[key] for key, target in _AWS_KEYS.items()}


def manifest(name: str, namespace: str, values: Mapping[str, str], *, owner: str) -> Object:
    """A Secret.

    Args:
        name: its name.
        namespace: its namespace.
        values: text by key.
        owner: `Kind/name` of what it is made for; only such a Secret is changed or deleted later.
    """
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    meta = {"name": name, "namespace": namespace, "annotations": {names.MADE_FOR: owner}, "labels": {names.PART_OF: names.PART_OF_VALUE}}
    return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": meta, "data": data}


def encoded(text: str) -> str:
    """The text in base64, as custom resources hold certificates."""
    return base64.b64encode(text.encode()).decode()


async def write(cluster: Client, secret: Object) -> None:
    """Creates the Secret, or gives the one that was made for the same thing new values.

    Raises:
        errors.NotPossible: there is another Secret of that name.
    """
    meta = secret["metadata"]
    try:
        await cluster.create(resources.SECRETS, secret)
    except kube_errors.AlreadyExists:
        found = await cluster.find(resources.SECRETS, meta["name"], namespace=meta["namespace"])
        if found is not None and not is_of(found, meta["annotations"][names.MADE_FOR]):
            msg = (
                f"Secret {meta['namespace']}/{meta['name']} exists and was not made for this. "
                "Use it with --secret, or choose another name or namespace."
            )
            raise errors.NotPossible(msg) from None
        patch: dict[str, Any] = {"data": secret["data"], "metadata": {"annotations": meta["annotations"], "labels": meta["labels"]}}
        await cluster.patch(resources.SECRETS, meta["name"], patch, namespace=meta["namespace"])


async def delete(cluster: Client, name: str, namespace: str, *, owner: str) -> bool:
    """Deletes a Secret that was made for something that is gone; whether there was one."""
    found = await cluster.find(resources.SECRETS, name, namespace=namespace)
    if found is None or not is_of(found, owner):
        return False
    return await cluster.delete(resources.SECRETS, name, namespace=namespace, uid=found["metadata"]["uid"])


def is_of(secret: Object, owner: str) -> bool:
    """Whether a Secret was made for something."""
    return (secret["metadata"].get("annotations") or {}).get(names.MADE_FOR) == owner
