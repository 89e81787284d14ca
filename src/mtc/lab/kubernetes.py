"""etcd, kube-apiserver, kube-controller-manager and kube-scheduler: their certificates, kubeconfigs and command lines.

Pure descriptions: `controlplane` starts them on loopback for tests, `cluster` starts them in a cluster's network namespace.
"""

from dataclasses import dataclass
from pathlib import Path

from mtc.lab import binaries, pki

ADMIN = "admin"
CONTROLLER_MANAGER = "kube-controller-manager"
SCHEDULER = "kube-scheduler"
API_SERVER = "kube-apiserver"
KUBELET_CLIENT = "kube-apiserver-kubelet-client"


@dataclass(frozen=True)
class Ports:
    """Where the programs of a control plane listen."""

    etcd: int = 2379
    etcd_peer: int = 2380
    api_server: int = 6443
    controller_manager: int = 10257
    scheduler: int = 10259


@dataclass(frozen=True)
class Settings:
    """One control plane.

    Attributes:
        kubernetes: its programs.
        directory: its data and kubeconfigs.
        authority: its certificates.
        address: address that the API server announces to the cluster.
        bind_address: address that the API server listens on.
        service_cidr: range of the addresses of services.
        cluster_cidr: range of the addresses of pods; None where there are no nodes.
        ports: where they listen.
        api_server_flags: more flags for the API server.
    """

    kubernetes: binaries.Kubernetes
    directory: Path
    authority: pki.Authority
    address: str
    bind_address: str
    service_cidr: str = "10.96.0.0/16"
    cluster_cidr: str | None = None
    ports: Ports = Ports()
    api_server_flags: tuple[str, ...] = ()

    @property
    def server(self) -> str:
        """URL of the API server."""
        return f"https://{self.address}:{self.ports.api_server}"


def certificates(*, addresses: tuple[str, ...]) -> list[pki.Request]:
    """The certificates that a control plane needs; `addresses` are those that the API server is reached by."""
    names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]
    reached = (*(f"DNS:{name}" for name in names), *(f"IP:{address}" for address in dict.fromkeys(("127.0.0.1", *addresses))))
    return [
        pki.Request(API_SERVER, API_SERVER, addresses=reached),
        pki.Request(KUBELET_CLIENT, KUBELET_CLIENT, groups=("system:masters",)),
        pki.Request(ADMIN, "lab-admin", groups=("system:masters",)),
        pki.Request(CONTROLLER_MANAGER, f"system:{CONTROLLER_MANAGER}"),
        pki.Request(SCHEDULER, f"system:{SCHEDULER}"),
    ]


def etcd_argv(settings: Settings) -> list[str]:
    """An etcd on the loopback address. It does not wait for the disk: a lab is not worth keeping after a power cut."""
    host = "127.0.0.1" if settings.bind_address == "0.0.0.0" else settings.bind_address  # noqa: S104 - compared, not bound
    client, peer = f"http://{host}:{settings.ports.etcd}", f"http://{host}:{settings.ports.etcd_peer}"
    return [
        settings.kubernetes.path("etcd"),
        "--name=lab",
        f"--data-dir={settings.directory / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=lab={peer}",
        "--unsafe-no-fsync",
        "--quota-backend-bytes=4294967296",
        "--auto-compaction-retention=10m",
        "--log-level=warn",
    ]


def api_server_argv(settings: Settings) -> list[str]:
    """kube-apiserver with Node and RBAC authorization and the default admission plug-ins."""
    pair, client = settings.authority.pair(API_SERVER), settings.authority.pair(KUBELET_CLIENT)
    host = "127.0.0.1" if settings.bind_address == "0.0.0.0" else settings.bind_address  # noqa: S104 - compared, not bound
    keys = settings.authority.directory
    argv = [
        settings.kubernetes.path(API_SERVER),
        f"--etcd-servers=http://{host}:{settings.ports.etcd}",
        f"--bind-address={settings.bind_address}",
        f"--advertise-address={settings.address}",
        f"--secure-port={settings.ports.api_server}",
        f"--service-cluster-ip-range={settings.service_cidr}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        f"--client-ca-file={settings.authority.certificate}",
        f"--tls-cert-file={pair.certificate}",
        f"--tls-private-key-file={pair.key}",
        f"--kubelet-certificate-authority={settings.authority.certificate}",
        f"--kubelet-client-certificate={client.certificate}",
        f"--kubelet-client-key={client.key}",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={keys / 'sa.pub'}",
        f"--service-account-signing-key-file={keys / 'sa.key'}",
        "--profiling=false",
    ]
    if settings.cluster_cidr is None:
        # Without nodes nobody uses the endpoints of the service `kubernetes`, and a loopback address is refused for them.
        argv.append("--endpoint-reconciler-type=none")
    return [*argv, *settings.api_server_flags]


def controller_manager_argv(settings: Settings) -> list[str]:
    """kube-controller-manager with a service account for each controller."""
    kubeconfig = str(settings.directory / f"{CONTROLLER_MANAGER}.kubeconfig")
    argv = [
        settings.kubernetes.path(CONTROLLER_MANAGER),
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        f"--secure-port={settings.ports.controller_manager}",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={settings.authority.directory / 'sa.key'}",
        f"--root-ca-file={settings.authority.certificate}",
        f"--service-cluster-ip-range={settings.service_cidr}",
        "--profiling=false",
        # Its default of 20 requests a second makes a namespace with many objects take minutes to be deleted.
        "--kube-api-qps=200",
        "--kube-api-burst=300",
    ]
    if settings.cluster_cidr is not None:
        mask = settings.cluster_cidr.partition("/")[2]
        # The one node gets the whole range.
        argv += ["--allocate-node-cidrs=true", f"--cluster-cidr={settings.cluster_cidr}", f"--node-cidr-mask-size={mask}"]
    return argv


def scheduler_argv(settings: Settings) -> list[str]:
    """kube-scheduler with its default profile."""
    kubeconfig = str(settings.directory / f"{SCHEDULER}.kubeconfig")
    return [
        settings.kubernetes.path(SCHEDULER),
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        f"--secure-port={settings.ports.scheduler}",
        "--leader-elect=false",
        "--kube-api-qps=200",
        "--kube-api-burst=300",
        "--profiling=false",
    ]


def write_kubeconfigs(settings: Settings, *, cluster: str) -> Path:
    """The kubeconfigs of the control plane's programs, and that of the administrator, whose path is returned."""
    for client in (CONTROLLER_MANAGER, SCHEDULER):
        path = settings.directory / f"{client}.kubeconfig"
        pki.write_kubeconfig(path, authority=settings.authority, client=client, server=settings.server, cluster=cluster)
    path = settings.directory / "admin.kubeconfig"
    return pki.write_kubeconfig(path, authority=settings.authority, client=ADMIN, server=settings.server, cluster=cluster)
