"""Playbooks of hooks run in the image that is built for them."""

import base64
from pathlib import Path

from kit import apps, labs, planes
from mtc.kube import resources

IMAGE = Path(__file__).parents[2] / "deploy" / "hook-runner"
#: Tells the cluster in which it runs that it has run, with the rights of its service account, as hooks of people do.
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  vars:
    account: /var/run/secrets/kubernetes.io/serviceaccount
  tasks:
    - name: note that the application has arrived
      ansible.builtin.uri:
        url: "https://kubernetes.default.svc/api/v1/namespaces/{space}/configmaps"
        method: POST
        ca_path: "{{{{ account }}}}/ca.crt"
        headers:
          Authorization: "Bearer {{{{ lookup('file', account + '/token') }}}}"
        body_format: json
        body:
          apiVersion: v1
          kind: ConfigMap
          metadata: {{name: arrived}}
        status_code: [201, 409]
"""


async def test_a_playbook_runs_when_the_application_has_arrived(lab: labs.Lab) -> None:
    """With ansible-runner from our image, on the target, as the service account that the plan names; it leaves what it made."""
    image = (await labs.command("lab", "load", str(IMAGE), "--name", "hook-runner", "--lab", lab.name, deadline_s=300)).strip()
    space = labs.unique("hooked")
    account = {"kind": "ServiceAccount", "name": "hooks", "namespace": space}
    await lab.apply(lab.source, apps.namespace(space), apps.deployment(space, "web", lab.image))
    await lab.apply(
        lab.target,
        apps.namespace(space),
        apps.item(resources.SERVICE_ACCOUNTS, space, "hooks"),
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "hooks", "namespace": space},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
            "subjects": [account],
        },
        labs.body(
            resources.MIG_HOOKS,
            space,
            {
                "image": image,
                "custom": False,
                "targetCluster": "destination",
                "playbook": base64.b64encode(PLAYBOOK.format(space=space).encode()).decode(),
            },
        ),
    )
    await lab.until_running(lab.source, space)
    await lab.plan(space, [space])
    hook = {"reference": labs.reference(space), "phase": "PostRestore", "executionNamespace": space, "serviceAccount": "hooks"}
    await lab.target.patch(resources.MIG_PLANS, space, {"spec": {"hooks": [hook]}}, namespace=labs.TOOLKIT)
    await lab.until(resources.MIG_PLANS, space, planes.is_ready)
    done = await lab.migrate(space, f"{space}-final", quiescePods=True)
    assert labs.succeeded(done), done["status"]
    assert await lab.target.find(resources.CONFIG_MAPS, "arrived", namespace=space)
