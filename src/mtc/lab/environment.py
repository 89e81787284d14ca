"""The variables by which tests, demos and people find a lab."""

import json
import shlex

from mtc.lab import layout, servers

_FILE = "environment.json"


def variables(lab: layout.Lab, *, kubectl: str, base_image: str, product_image: str) -> dict[str, str]:
    """Name and value of each variable."""
    source, target = lab.clusters
    keys = servers.credentials(lab)
    return {
        "MTC_LAB_NAME": lab.name,
        "MTC_LAB_SOURCE_KUBECONFIG": str(source.kubeconfig),
        "MTC_LAB_TARGET_KUBECONFIG": str(target.kubeconfig),
        "MTC_LAB_SOURCE_KUBELET_DIR": str(source.kubelet_directory),
        "MTC_LAB_TARGET_KUBELET_DIR": str(target.kubelet_directory),
        "MTC_LAB_S3_ENDPOINT": lab.s3_endpoint,
        "MTC_LAB_S3_BUCKET": servers.BUCKET,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_REGION": "us-east-1",
        "MTC_LAB_REGISTRY": lab.registry,
        "MTC_LAB_BASE_IMAGE": base_image,
        "MTC_LAB_IMAGE": product_image,
        "MTC_LAB_KUBECTL": kubectl,
    }


def write(lab: layout.Lab, values: dict[str, str]) -> None:
    """Record the variables; their presence says that the lab has been ready."""
    path = lab.directory / _FILE
    made = path.with_suffix(".new")
    made.touch(mode=0o600)
    made.write_text(json.dumps(values, indent=1))
    made.rename(path)


def read(lab: layout.Lab) -> dict[str, str] | None:
    """The recorded variables; None when the lab has never been ready."""
    try:
        values: dict[str, str] = json.loads((lab.directory / _FILE).read_text())
    except FileNotFoundError:
        return None
    return values


def as_exports(values: dict[str, str]) -> str:
    """Lines for `eval` in a shell."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())
