"""A webhook of the target that has to be asked does not answer."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.diagnose import wants


async def _inject(ground: Ground) -> str:
    await planes.make_namespace(ground.host, ground.app)
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    hook = {
        "name": "guard.example.com",
        "clientConfig": {"url": "https://127.0.0.1:9/"},
        "rules": [rule],
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 1,
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": ground.app}},
    }
    await ground.make(ground.host, wants.VALIDATING_WEBHOOKS, f"{ground.app}-guard", webhooks=[hook])
    await ground.until_refused({"colour": "blue"})
    return await ground.whole()


FAILURE = Failure(_inject, "admission-webhook", ("ValidatingWebhookConfiguration", ""), "repair the Service and pods")
