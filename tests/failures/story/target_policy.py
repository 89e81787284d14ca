"""An admission policy of the target refuses the application's ConfigMap."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube.resources import ResourceType

_GROUP = ("admissionregistration.k8s.io", "v1")
_POLICY = ResourceType(*_GROUP, "validatingadmissionpolicies", "ValidatingAdmissionPolicy", namespaced=False)
_BINDING = ResourceType(*_GROUP, "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", namespaced=False)


async def _inject(ground: Ground) -> str:
    await planes.make_namespace(ground.host, ground.app)
    name = f"{ground.app}-no-blue"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [
            {"expression": "!('colour' in object.data) || object.data['colour'] != 'blue'", "message": "blue is not allowed here"}
        ],
    }
    await ground.make(ground.host, _POLICY, name, spec=spec)
    only = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": ground.app}}}
    await ground.make(ground.host, _BINDING, name, spec={"policyName": name, "validationActions": ["Deny"], "matchResources": only})
    await _until_in_force(ground)
    return await ground.whole()


async def _until_in_force(ground: Ground) -> None:
    await ground.until_refused({"colour": "blue"})


FAILURE = Failure(_inject, "admission-webhook", ("ValidatingAdmissionPolicy", ""), "change the object on the source")
