"""One node of the lab: a network and a mount namespace, and containerd, the kubelet and kube-proxy in them.

A small process, the holder, is the node as far as the kernel is concerned: it was started in new namespaces and sleeps. In
its mount namespace folders of the cluster lie over the places that Kubernetes programs have built in, such as
/var/lib/kubelet and /run/containerd; no mount made there is seen by the machine, and all of them go when the last
process does. A node whose holder has ended is started anew, like a machine after a power cut.
"""

import json
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from mtc.lab import binaries, layout, pki, processes, programs

HOLDER, CONTAINERD, KUBELET, PROXY = "node", "containerd", "kubelet", "kube-proxy"
PROXY_CLIENT = "kube-proxy"
PODS_MAX = 200
_BRIDGE = "cni0"
_CNI_PLUGINS = "/usr/lib/cni"


@dataclass(frozen=True)
class Node:
    """A node and what its programs need.

    Attributes:
        lab: the lab.
        cluster: the cluster it is the one node of.
        kubernetes: the programs of Kubernetes.
        authority: the cluster's certificates.
        pause: path of the program that holds namespaces.
        pause_image: reference of the image of every pod's first container.
    """

    lab: layout.Lab
    cluster: layout.Cluster
    kubernetes: binaries.Kubernetes
    authority: pki.Authority
    pause: Path
    pause_image: str

    @property
    def _settings(self) -> Path:
        return self.cluster.directory / "node"

    @property
    def _overlays(self) -> dict[str, Path]:
        """The places in the node, and the folders of the cluster that lie over them."""
        kept, lost = self.cluster.directory, self.cluster.run_directory
        return {
            "/var/lib/kubelet": self.cluster.kubelet_directory,
            "/var/lib/cni": lost / "cni",
            "/var/log/pods": kept / "log" / "pods",
            "/var/log/containers": kept / "log" / "containers",
            "/run/containerd": lost / "containerd",
            "/run/netns": lost / "netns",
        }

    async def start_holder(self) -> int:
        """The process id of the node's holder, which is started where it does not run."""
        run_directory = self.cluster.run_directory
        record = processes.read(run_directory, HOLDER)
        if record is None or not record.is_alive:
            shutil.rmtree(run_directory, ignore_errors=True)
            for place, folder in self._overlays.items():
                folder.mkdir(parents=True, exist_ok=True)
                Path(place).mkdir(parents=True, exist_ok=True)
            script = [
                # Mounts of pods must be seen by the kubelet, by containerd and by other pods of this node.
                "mount --make-rshared /",
                *(f"mount --bind {shlex.quote(str(folder))} {place}" for place, folder in self._overlays.items()),
                f"touch {shlex.quote(str(self._ready_mark))}",
                f"exec {shlex.quote(str(self.pause))}",
            ]
            argv = ["unshare", "--mount", "--net", "--propagation", "slave", "--", "sh", "-ec", "\n".join(script)]
            processes.ensure(run_directory, HOLDER, argv, log=self._log(HOLDER))
        await programs.wait_until(self._is_prepared, deadline_s=10, what=f"the namespaces of {self.cluster.node}")
        started = processes.read(run_directory, HOLDER)
        processes.require_alive(run_directory, [HOLDER])
        return started.pid if started else 0

    @property
    def _ready_mark(self) -> Path:
        return self.cluster.run_directory / "prepared"

    def _is_prepared(self) -> bool:
        processes.require_alive(self.cluster.run_directory, [HOLDER])
        return self._ready_mark.exists()

    def start(self, name: str, argv: list[str]) -> bool:
        """Start a program in the node's namespaces, unless it runs; whether it was started."""
        record = processes.read(self.cluster.run_directory, HOLDER)
        inside = ["nsenter", "--target", str(record.pid if record else 0), "--mount", "--net", "--"]
        return processes.ensure(self.cluster.run_directory, name, [*inside, *argv], log=self._log(name))

    def start_containerd(self) -> bool:
        """Start containerd, unless it runs."""
        self._settings.mkdir(parents=True, exist_ok=True)
        hosts = self._settings / "registries" / self.lab.registry
        hosts.mkdir(parents=True, exist_ok=True)
        address = f"http://{self.lab.registry}"
        # Named as server alone it is used for images that are there already, and asked by TLS for all others.
        (hosts / "hosts.toml").write_text(f'server = "{address}"\n\n[host."{address}"]\ncapabilities = ["pull", "resolve"]\n')
        networks = self._settings / "networks"
        networks.mkdir(exist_ok=True)
        (networks / "10-lab.conflist").write_text(json.dumps(cni_config(self.cluster), indent=1))
        config = self._settings / "containerd.toml"
        config.write_text(containerd_config(self, networks=networks, registries=hosts.parent))
        return self.start(CONTAINERD, ["containerd", "--config", str(config)])

    def start_kubelet(self) -> bool:
        """Start the kubelet, unless it runs."""
        kubeconfig = self._kubeconfig(KUBELET)
        resolv = self._settings / "resolv.conf"
        # Pods ask the cluster's DNS; nothing outside of the lab is promised to be found.
        resolv.write_text("nameserver 127.0.0.1\n")
        config = self._settings / "kubelet.json"
        config.write_text(json.dumps(kubelet_config(self, resolv=resolv), indent=1))
        argv = [self.kubernetes.path(KUBELET), f"--config={config}", f"--kubeconfig={kubeconfig}"]
        argv += [f"--hostname-override={self.cluster.node}", f"--node-ip={self.cluster.address}", "--root-dir=/var/lib/kubelet"]
        return self.start(KUBELET, argv)

    def start_proxy(self) -> bool:
        """Start kube-proxy, unless it runs."""
        argv = [
            self.kubernetes.path(PROXY),
            f"--kubeconfig={self._kubeconfig(PROXY_CLIENT)}",
            "--proxy-mode=iptables",
            f"--cluster-cidr={self.cluster.pods}",
            f"--hostname-override={self.cluster.node}",
            # These limits belong to the machine and cannot be set from a network namespace.
            "--conntrack-max-per-core=0",
            "--conntrack-tcp-timeout-established=0",
            "--conntrack-tcp-timeout-close-wait=0",
            "--healthz-bind-address=127.0.0.1:10256",
            "--metrics-bind-address=127.0.0.1:10249",
        ]
        return self.start(PROXY, argv)

    def _kubeconfig(self, client: str) -> Path:
        path = self._settings / f"{client}.kubeconfig"
        server = f"https://{self.cluster.address}:6443"
        return pki.write_kubeconfig(path, authority=self.authority, client=client, server=server, cluster=self.cluster.role)

    def _log(self, name: str) -> Path:
        return self.cluster.directory / "log" / f"{name}.log"


def certificates(cluster: layout.Cluster) -> list[pki.Request]:
    """The certificates that a node needs."""
    addresses = (f"DNS:{cluster.node}", f"IP:{cluster.address}")
    return [
        pki.Request(KUBELET, f"system:node:{cluster.node}", groups=("system:nodes",), addresses=addresses),
        pki.Request(PROXY_CLIENT, "system:kube-proxy"),
    ]


def cni_config(cluster: layout.Cluster) -> dict[str, object]:
    """How pods get their interface: a bridge in the node, addresses from the cluster's range."""
    return {
        "cniVersion": "1.0.0",
        "name": "lab",
        "plugins": [
            {
                "type": "bridge",
                "bridge": _BRIDGE,
                "isGateway": True,
                "hairpinMode": True,
                "ipam": {"type": "host-local", "ranges": [[{"subnet": cluster.pods}]], "routes": [{"dst": "0.0.0.0/0"}]},
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def containerd_config(node: Node, *, networks: Path, registries: Path) -> str:
    """The settings of containerd, for its versions 1.6 and 1.7."""
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    quoted = json.dumps
    return f"""version = 2
root = {quoted(str(node.cluster.directory / "containerd"))}
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]

[grpc]
address = "/run/containerd/containerd.sock"

[plugins."io.containerd.internal.v1.opt"]
path = {quoted(str(node.cluster.directory / "opt"))}

[{cri}]
sandbox_image = {quoted(node.pause_image)}
# Negative values may be denied to root, and then no pod would start.
restrict_oom_score_adj = true
stream_server_address = "127.0.0.1"
max_concurrent_downloads = 8

[{cri}.containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[{cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[{cri}.containerd.runtimes.runc.options]
SystemdCgroup = false

[{cri}.cni]
bin_dir = {quoted(_CNI_PLUGINS)}
conf_dir = {quoted(str(networks))}

[{cri}.registry]
config_path = {quoted(str(registries))}
"""


def kubelet_config(node: Node, *, resolv: Path) -> dict[str, object]:
    """The kubelet's settings."""
    serving = node.authority.pair(KUBELET)
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(node.authority.certificate)},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(serving.certificate),
        "tlsPrivateKeyFile": str(serving.key),
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{node.cluster.cgroup}",
        "failCgroupV1": False,
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "clusterDNS": [node.cluster.dns_service],
        "clusterDomain": "cluster.local",
        "resolvConf": str(resolv),
        "podLogsDir": "/var/log/pods",
        "maxPods": PODS_MAX,
        "readOnlyPort": 0,
        "serializeImagePulls": False,
        "registryPullQPS": 0,
        "eventRecordQPS": 0,
        "kubeAPIQPS": 100,
        "kubeAPIBurst": 200,
        # Images are few and come from this machine: never throw one away for want of space, and leave pods alone for longest.
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "nodefs.inodesFree": "1%", "imagefs.available": "1%"},
    }
