"""Real messages of Kubernetes, containerd, restic and object storages: which cause each is, of which object, with which next step."""

import pytest

from kit.snapshots import (
    NOW,
    OLD,
    TOOLKIT,
    Change,
    causes,
    cluster,
    condition,
    copy,
    event,
    failed,
    result,
    run,
    storage,
    thing,
    unplaced,
    waiting,
    warned,
    well,
)
from mtc.api import names
from mtc.diagnose import case, report
from mtc.diagnose.snapshot import Container, Draft

_POST = "Deployment shop/web was not restored: POST /apis/apps/v1/namespaces/shop/deployments on cluster host:"
_CREATE = 'Failed to pull image "r.example.com:4031/app:1": '


def _pull(reason: str, message: str) -> Change:
    return waiting(reason, message)


def _events(*reasons: tuple[str, str]) -> Change:
    """A pod of the target waits, and events say why."""

    def change(draft: Draft) -> None:
        waiting("ContainerCreating", "")(draft)
        draft.add("host", [event(reason, message, "Pod", "web") for reason, message in reasons])

    return change


# Message, rule, words of the cause, words of a step.
_CASES: dict[str, tuple[Change, str, str, str]] = {
    # quotas
    "requests not said": (warned("FailedCreate", 'pods "web-x" is forbidden: failed quota: compute: must specify limits.cpu for: app; requests.memory for: app'), "pods-quota", "limits.cpu for: app; requests.memory for: app", "LimitRange with defaults"),
    "count of objects": (result(f'{_POST} configmaps "c" is forbidden: exceeded quota: few, requested: count/configmaps=1, used: count/configmaps=2, limited: count/configmaps=2 (HTTP 403)'), "pods-quota", "ResourceQuota few leaves no room", "describe quota few"),
    # images
    "rate": (_pull("ErrImagePull", f"{_CREATE}rpc error: code = Unknown desc = failed to pull and unpack image: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit."), "image-pull", "answers no more", "higher limit"),
    "platform": (_pull("ErrImagePull", f"{_CREATE}no match for platform in manifest: not found"), "image-pull", "other processors", "kubernetes.io/arch"),
    "never": (_pull("ErrImageNeverPull", 'Container image "r/app:1" is not present with pull policy of Never'), "image-pull", "forbids to pull", "IfNotPresent"),
    "disk": (_pull("ErrImagePull", f"{_CREATE}failed to extract layer sha256:4014: write /var/lib/containerd/x: no space left on device"), "image-pull", "disk is full", "DiskPressure"),
    "digits": (_pull("ErrImagePull", f'{_CREATE}failed to do request: Head "https://r.example.com:4031/v2/app/manifests/sha256:401403404": dial tcp 10.0.0.1:403: i/o timeout'), "image-pull", "does not answer", "network, proxy"),
    "denied": (_pull("ErrImagePull", f"{_CREATE}unexpected status from HEAD request to https://r.example.com/v2/app: 403 Forbidden"), "image-pull", "other credentials", "pull Secret"),
    "absent": (_pull("ErrImagePull", f'{_CREATE}rpc error: code = NotFound desc = failed to resolve reference "r/app:1": r/app:1: not found'), "image-pull", "does not have it", "push the image"),
    "registry's issuer": (_pull("ErrImagePull", f"{_CREATE}tls: failed to verify certificate: x509: certificate signed by unknown authority"), "image-pull", "not trusted", "trust the CA"),
    # volumes
    "attached": (_events(("FailedAttachVolume", 'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node and can\'t be attached to another')), "volume-mount", "another node still uses it", "stop the pod"),
    "other zone": (unplaced("0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 node(s) had volume node affinity conflict."), "volume-mount", "other nodes or in another zone", "nodeAffinity"),
    "other zone, later": (unplaced("0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity."), "volume-mount", "other nodes or in another zone", "nodeAffinity"),
    "too many": (unplaced("0/2 nodes are available: 2 node(s) exceed max volume count."), "volume-mount", "as many volumes as it can", "csinodes"),
    "driver": (_events(("FailedMount", 'MountVolume.MountDevice failed for volume "pvc-1" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name ebs.csi.aws.com not found in the list of registered CSI drivers')), "volume-mount", "does not have the driver", "csidrivers"),
    "server": (_events(("FailedMount", 'MountVolume.SetUp failed for volume "nfs" : mount failed: exit status 32')), "volume-mount", "the storage did not give it", "its server"),
    "path of a node": (_events(("FailedMount", 'MountVolume.SetUp failed for volume "lost" : hostPath type check failed: /nowhere/shop is not a directory')), "volume-mount", "the path on the node", "make the path"),
    "subPath": (waiting("CreateContainerConfigError", 'failed to prepare subPath for volumeMount "data" of container "web"'), "volume-mount", "subPath", "compare subPath"),
    "file over folder": (waiting("RunContainerError", 'failed to create containerd task: OCI runtime create failed: error mounting "/var/lib/kubelet/pods/1/volume-subpaths/config/web/0" to rootfs at "/etc/app": not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)?'), "volume-mount", "subPath", "mounted over a folder"),
    "volume gone": (unplaced('0/1 nodes are available: persistentvolumeclaim "data" bound to non-existent persistentvolume "pv-1".'), "claim-missing", "PersistentVolume pv-1", "get pvc"),
    # classes of the whole cluster
    "priority": (warned("FailedCreate", 'pods "web-x" is forbidden: no PriorityClass with name high was found'), "pods-class-missing", "PriorityClass high", "kubectl get priorityclass"),
    "runtime": (warned("FailedCreate", 'pods "web-x" is forbidden: pod rejected: RuntimeClass "kata" not found'), "pods-class-missing", "RuntimeClass kata", "kubectl get runtimeclass"),
    "handler": (_events(("FailedCreatePodSandBox", 'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "kata" is configured')), "pods-class-missing", "no handler kata", "runtimeClassName"),
    "sandbox": (_events(("FailedCreatePodSandBox", 'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "1": plugin type="calico" failed (add): connection refused')), "pods-failed", "refused by its node", "network and runtime"),
    "nobody knows": (waiting("CreateContainerConfigError", "the stars are wrong"), "pods-waiting", "this is what it says itself", "describe pod web"),
    # objects
    "policy": (result(f"{_POST} deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'few-replicas' with binding 'all' denied request: failed expression: object.spec.replicas <= 5 (HTTP 422)"), "admission-webhook", "few-replicas", "ValidatingAdmissionPolicy".lower()),
    "too large for etcd": (result("ConfigMap shop/c was not restored: POST on cluster host: etcdserver: request is too large (HTTP 500)"), "object-too-large", "ConfigMap shop/c", "split the object"),
    "too large for the server": (result("ConfigMap shop/c was not restored: POST on cluster host: Request entity too large: limit is 3145728 (HTTP 413)"), "object-too-large", "ConfigMap shop/c", "last-applied"),
    "too long": (result('ConfigMap shop/c was not restored: POST on cluster host: ConfigMap "c" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes (HTTP 422)'), "object-too-large", "ConfigMap shop/c", "last-applied"),
    "etcd full": (result("ConfigMap shop/c was not restored: POST on cluster host: etcdserver: mvcc: database space exceeded (HTTP 500)"), "cluster-database", "is full", "etcdctl alarm disarm"),
    "no namespace": (result('ConfigMap shop/c was not restored: POST on cluster host: namespaces "shop" not found (HTTP 404)'), "namespace-missing", "Namespace shop is not on cluster host", "kubectl get namespace shop"),
    "webhook, and a claim called storage": (result('PersistentVolumeClaim shop/storage-loki-0 was not restored: POST on cluster host: Internal error occurred: failed calling webhook "x.example.com": dial tcp 10.0.0.1:443: connect: connection refused (HTTP 500)'), "admission-webhook", "does not answer", "kubectl get validatingwebhook"),
    # the bucket
    "denied config": (copy("restic could not copy (repository s3:http://s3/b/restic/shop). The storage refuses the credentials: check them. It said: Fatal: unable to open config file: Stat: Access Denied."), "bucket-credentials", "refuses the credentials", "aws s3 ls"),
    "silent config": (copy('unable to open config file: Stat: Get "http://s3/b": dial tcp: lookup s3: no such host\nIs there a repository at the following location?'), "bucket-unreachable", "does not answer", "curl -v URL"),
    "old restic": (copy("Fatal: unable to open config file: Stat: The specified key does not exist."), "repository-damaged", "gone from the bucket", "life-cycle"),
    "read only": (storage("Cannot write x in bucket b: access is denied (AccessDenied: User: arn:aws:iam::1:user/x is not authorized to perform: s3:PutObject with an explicit deny in a resource-based policy)."), "bucket-credentials", "write, read and delete", "right ones"),
    "azure's clock": (storage("access is denied (AuthenticationFailed: Server failed to authenticate the request. Request date header too old: 'Thu, 01 Jan 2026 10:00:00 GMT')."), "bucket-clock", "clocks differ", "date -u"),
    "google's clock": (storage("access is denied (invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.)"), "bucket-clock", "clocks differ", "date -u"),
    "expired": (storage("no answer from bucket b (certificate verify failed: certificate has expired). Check its URL, the network and its certificate."), "bucket-certificate", "has expired", "renew the certificate"),
    "expired, in Go": (storage("Get https://s3: x509: certificate has expired or is not yet valid: current time 2026-01-01T12:00:00Z is after 2025-12-31T00:00:00Z"), "bucket-certificate", "has expired", "renew the certificate"),
    "early": (storage("Get https://s3: x509: certificate has expired or is not yet valid: current time 2026-01-01T12:00:00Z is before 2026-12-31T00:00:00Z"), "bucket-certificate", "not valid yet", "repair the clock"),
    "other name": (storage('invalid peer certificate: certificate not valid for name "s3.example.com"; certificate is only valid for DnsName("minio")'), "bucket-certificate", "another name", "subjectAltName"),
    "no CA": (storage("invalid peer certificate: UnknownIssuer"), "bucket-certificate", "not trusted", "s3CustomCABundle"),
    "no password": (copy("Secret openshift-migration/velero-repo-credentials on cluster remote has no key repository-password. Put the password there."), "repository-password", "is not there", "of both clusters"),
    "velero's password": (copy('error to get password: unable to get credential: secret "velero-repo-credentials" not found'), "repository-password", "is not there", "of both clusters"),
    # clusters
    "expired cluster": (cluster("TestConnectFailed", "GET /version on cluster remote: certificate verify failed: certificate has expired (_ssl.c:1000)"), "cluster-certificate", "has expired", "renew the certificate"),
    "other cluster name": (cluster("TestConnectFailed", "GET /version on cluster remote: certificate verify failed: Hostname mismatch, certificate is not valid for 'api.example.com'."), "cluster-certificate", "another name", "subjectAltName"),
    "no cluster CA": (cluster("TestConnectFailed", "GET /version on cluster remote: certificate verify failed: unable to get local issuer certificate"), "cluster-certificate", "not trusted", "spec.caBundle"),
}  # fmt: skip


@pytest.mark.parametrize("name", _CASES)
def test_a_real_message_is_told_first_in_its_own_words(name: str) -> None:
    """The first finding, its cause, and what to do."""
    change, rule, words, step = _CASES[name]
    draft = well()
    change(draft)
    found = causes(draft)
    first = found[0]
    assert first.rule == rule, [(item.rule, item.finding.cause) for item in found]
    assert words in first.finding.cause
    assert any(step in line for line in first.finding.steps), first.finding.steps


def test_a_certificate_that_is_not_verified_is_no_difference_of_data() -> None:
    """Whatever is verified."""
    draft = well()
    copy("restic could not copy: certificate verify failed: unable to get local issuer certificate")(draft)
    assert "copy-differs" not in {item.rule for item in causes(draft)}
    copy("verification failed: 2 files differ from their source", "PodVolumeRestore")(draft)
    assert "copy-differs" in {item.rule for item in causes(draft)}


def test_each_pod_has_the_answer_that_its_own_registry_gave() -> None:
    """What the first one was told says nothing of the second."""
    draft = well()
    for name, message in (("a", "toomanyrequests: pull rate limit"), ("b", "x509: certificate signed by unknown authority")):
        states = [{"name": "c", "ready": False, "state": {"waiting": {"reason": "ErrImagePull", "message": message}}}]
        draft.add("host", [thing("Pod", name, "shop", status={"phase": "Pending", "containerStatuses": states}, spec={})])
        draft.add("host", [event("BackOff", f'Back-off pulling image "r/{name}:1"', "Pod", name)])
    found = {item.finding.things[0].name: item.finding.cause for item in causes(draft)}
    assert list(found) == ["a", "b"]
    assert "answers no more" in found["a"]
    assert "not trusted" in found["b"]


def test_a_claim_that_waits_for_its_pod_is_not_the_cause() -> None:
    """Its class makes a volume where the pod is to run; that no node has room for it is told instead."""
    draft = well()
    draft.add("host", [thing("StorageClass", "late", "", volumeBindingMode="WaitForFirstConsumer")])
    draft.add("host", [thing("PersistentVolumeClaim", "data", "shop", spec={"storageClassName": "late"}, status={"phase": "Pending"})])
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    for reason, rules in (("1 Insufficient memory", ["pods-unschedulable"]), ("1 node(s) didn't find available persistent volumes to bind", ["claim-unbound"])):  # fmt: skip
        unplaced(f"0/1 nodes are available: {reason}.")(draft)
        draft._objects["host", "Pod"]["shop", "web"]["spec"] = {"volumes": volumes}
        assert [item.rule for item in causes(draft)] == rules


def test_the_container_that_dies_is_named() -> None:
    """The application beside it may run well."""
    draft = well()
    dead = {"name": "proxy", "restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 1m20s restarting failed container=proxy"}},
            "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}  # fmt: skip
    states = [{"name": "web", "ready": True, "state": {"running": {"startedAt": OLD}}}, dead]
    draft.add("host", [thing("Pod", "web", "shop", status={"phase": "Running", "containerStatuses": states}, spec={})])
    (only,) = causes(draft)
    assert only.rule == "pods-crashing"
    assert only.finding.cause.startswith("Container proxy of Pod shop/web")
    assert any("-c proxy --previous" in step for step in only.finding.steps)


def _hooked(namespace: str) -> Draft:
    draft = well()
    plan = draft._objects["host", "MigPlan"][TOOLKIT, "shop"]
    plan["spec"]["hooks"] = [{"phase": "PreBackup", "executionNamespace": namespace, "reference": {"name": "check"}}]
    labels = {names.OWNER: "uid-run", names.PHASE: "PreBackup"}
    draft.add(
        "remote",
        [thing("Job", "hook", namespace, labels=labels, status={"failed": 1, "conditions": [{"type": "Failed", "status": "True"}]})],
    )
    states = [{"name": "hook", "state": {"terminated": {"exitCode": 4, "reason": "Error"}}}]
    owners = [{"kind": "Job", "name": "hook", "uid": "uid-hook", "controller": True}]
    draft.add("remote", [thing("Pod", "hook-1", namespace, status={"phase": "Failed", "containerStatuses": states}, spec={}, meta={"ownerReferences": owners})])  # fmt: skip
    draft.tail(Container("remote", namespace, "hook-1", "hook"), ["TASK [check] failed"])
    failed("The hook openshift-migration/check for PreBackup failed: Job x/hook on cluster remote ended with BackoffLimitExceeded.")(draft)
    return draft


@pytest.mark.parametrize("namespace", ["elsewhere", TOOLKIT])
def test_a_hook_is_read_wherever_the_plan_lets_it_run(namespace: str) -> None:
    """Also outside of the namespaces that are migrated; its last words are told."""
    draft = _hooked(namespace)
    snapshot = draft.done(taken=NOW)
    assert namespace in case.involved(snapshot, "run").namespaces["remote"]
    assert "elsewhere" not in case.cases(snapshot, "run")[0].namespaces["remote"]
    first, *_others = causes(draft)
    assert first.rule == "hook-failed"
    assert any(proof.text == "TASK [check] failed" for proof in first.finding.evidence)


def test_why_the_pod_of_a_hook_cannot_start_is_told() -> None:
    """In a namespace of its own."""
    draft = _hooked("elsewhere")
    job = draft._objects["remote", "Job"]["elsewhere", "hook"]
    job["status"] = {"active": 1}
    pod = draft._objects["remote", "Pod"]["elsewhere", "hook-1"]
    states = [{"name": "hook", "image": "r/hook:1", "state": {"waiting": {"reason": "ErrImagePull", "message": "manifest unknown"}}}]
    pod["status"] = {"phase": "Pending", "containerStatuses": states}
    assert "image-pull" in {item.rule for item in causes(draft)}


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("ClusterRole web was not restored: POST on cluster host: x", "ClusterRole web"),
        ("ClusterRoleBinding system:web was not restored: POST on cluster host: x", "ClusterRoleBinding system:web"),
        ("APIService v1.example.com was not restored: x", "APIService v1.example.com"),
        ("Deployment shop-new/web was not restored: x", "Deployment shop-new/web"),
    ],
)
def test_objects_are_named_where_they_were_to_be(text: str, ref: str) -> None:
    """As results of Restores write them."""
    draft = well()
    result(f'{text}: violates PodSecurity "restricted:latest": privileged')(draft)
    assert ref in {thing.ref for thing in causes(draft)[0].finding.things}


def test_the_text_names_the_namespace_of_the_target() -> None:
    """A plan may map a namespace to another name."""
    draft = well()
    result('Pod shop-new/web was not restored: POST on cluster host: violates PodSecurity "restricted:latest": privileged')(draft)
    (explained,) = report.explain(draft.done(taken=NOW), "run")
    assert any("label namespace shop-new" in step for step in explained.findings[0].finding.steps)


_PLACES = {
    "limits": (
        'POST /api/v1/namespaces/odd2/pods on cluster remote: pods "stage-x" is forbidden: [maximum cpu usage per Container is 50m, but limit is 100m] (HTTP 403)',
        "limit-range",
        "on cluster remote: `kubectl -n odd2 describe limitrange`",
        "Pod odd2/stage-x",
    ),
    "quota": (
        'POST /api/v1/namespaces/odd2/pods on cluster remote: pods "stage-x" is forbidden: exceeded quota: q, requested: pods=1 (HTTP 403)',
        "pods-quota",
        "on cluster remote: `kubectl -n odd2 describe quota q`",
        "ResourceQuota odd2/q",
    ),
    "job": (
        'POST /apis/batch/v1/namespaces/odd2/jobs on cluster remote: jobs.batch "hook" is forbidden: exceeded quota: q, requested: count/jobs.batch=1 (HTTP 403)',
        "pods-quota",
        "on cluster remote: `kubectl -n odd2 describe quota q`",
        "Job odd2/hook",
    ),
    "pod security": (
        'POST /api/v1/namespaces/odd2/pods on cluster remote: pods "stage-x" is forbidden: violates PodSecurity "restricted:latest": root (HTTP 403)',
        "pod-security",
        "on cluster remote: `kubectl label namespace odd2 --overwrite pod-security.kubernetes.io/enforce=privileged`",
        "Namespace odd2",
    ),
    "webhook": (
        'POST /api/v1/namespaces/odd2/pods on cluster remote: admission webhook "deny.example.com" denied the request: no (HTTP 403)',
        "admission-webhook",
        "on cluster remote: `kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations`",
        "Namespace odd2",
    ),
    "change": (
        'PATCH /apis/apps/v1/namespaces/odd2/deployments/web on cluster remote: admission webhook "deny.example.com" denied the request: no (HTTP 403)',
        "admission-webhook",
        "on cluster remote: `kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations`",
        "Deployment odd2/web",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _PLACES)
def test_the_place_of_a_refused_request_is_the_one_in_its_words(name: str) -> None:
    """The migration that tells of it lies elsewhere, and is not what was refused."""
    words, rule, step, ref = _PLACES[name]
    draft = well()
    text = f"MigMigration {TOOLKIT}/run cannot go on in phase EnsureStagePodsFromRunning: {words} It is tried again every few seconds."
    draft.add("host", [run(condition("ReconcileFailed", "Critical", text), phase="EnsureStagePodsFromRunning")])
    first = causes(draft)[0]
    assert first.rule == rule
    assert first.finding.steps[0] == step
    assert ref in {item.ref for item in first.finding.things if item.cluster == "remote"}
    assert not any(item.namespace == TOOLKIT for item in first.finding.things)
    assert "MigMigration" not in first.finding.cause
