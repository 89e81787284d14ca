"""Names, addresses and folders of a lab: all of them follow from its name and its number.

The names alone are enough to find everything that a lab left on the machine. The number, from 0 to 63, picks its address
ranges, so that labs can run beside each other; it is chosen at the first `up` and recorded in the lab's folder.

    10.200.N.0/24   the bridge: .1 the machine, S3 and the registry; .11 source node; .12 target node
    10.201.4N.0/22  pods of the source      10.203.4N.0/22  services of the source
    10.202.4N.0/22  pods of the target      10.204.4N.0/22  services of the target
    127.200.N.1     what only the machine itself may reach
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from mtc.lab import errors

STATE_ROOT = Path("/var/lib/mtc-lab")
RUN_ROOT = Path("/run/mtc-lab")
LABS_MAX = 64
SOURCE, TARGET = "source", "target"
ROLES = (SOURCE, TARGET)

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?")
# The kernel allows 15 bytes for the name of an interface; `mtl-` and the letter of the node's end take five of them.
_LINK_NAME_MAX = 10
_REGISTRY_PORT = 5000
_S3_PORT = 8333


@dataclass(frozen=True)
class Cluster:
    """One cluster of a lab."""

    lab: str
    number: int
    role: str

    @property
    def _position(self) -> int:
        return ROLES.index(self.role)

    @property
    def node(self) -> str:
        """Name of its one node."""
        return f"{self.role}-node"

    @property
    def address(self) -> str:
        """Address of its node and API server on the bridge."""
        return f"10.200.{self.number}.{11 + self._position}"

    @property
    def pods(self) -> str:
        """Range of the addresses of its pods."""
        return f"10.{201 + self._position}.{4 * self.number}.0/22"

    @property
    def services(self) -> str:
        """Range of the addresses of its services."""
        return f"{self._services_prefix}.0/22"

    @property
    def api_service(self) -> str:
        """Address of the service `kubernetes`."""
        return f"{self._services_prefix}.1"

    @property
    def dns_service(self) -> str:
        """Address of the service `kube-dns`."""
        return f"{self._services_prefix}.10"

    @property
    def _services_prefix(self) -> str:
        return f"10.{203 + self._position}.{4 * self.number}"

    @property
    def link(self) -> str:
        """Interface of the machine that leads to the node."""
        return f"{link_name(self.lab)}{self.role[0]}"

    @property
    def cgroup(self) -> str:
        """The cgroup that the kubelet puts pods into."""
        return f"{cgroup_name(self.lab)}/{self.role}"

    @property
    def directory(self) -> Path:
        """What must survive a restart of the node: etcd, images, volumes, certificates."""
        return STATE_ROOT / self.lab / self.role

    @property
    def run_directory(self) -> Path:
        """What does not survive it: sockets, namespaces, process records."""
        return RUN_ROOT / self.lab / self.role

    @property
    def kubelet_directory(self) -> Path:
        """The kubelet's folder; inside the node it is also /var/lib/kubelet."""
        return self.directory / "kubelet"

    @property
    def kubeconfig(self) -> Path:
        """Kubeconfig of an administrator, usable from anywhere on the machine."""
        return self.directory / "admin.kubeconfig"

    @property
    def containerd_socket(self) -> Path:
        """Where containerd listens; inside the node it is at its usual place, too."""
        return self.run_directory / "containerd" / "containerd.sock"


@dataclass(frozen=True)
class Lab:
    """One lab."""

    name: str
    number: int

    @property
    def clusters(self) -> tuple[Cluster, Cluster]:
        """Source and target."""
        return Cluster(self.name, self.number, SOURCE), Cluster(self.name, self.number, TARGET)

    @property
    def directory(self) -> Path:
        """Everything of the lab that is on disk."""
        return STATE_ROOT / self.name

    @property
    def run_directory(self) -> Path:
        """Sockets and process records."""
        return RUN_ROOT / self.name

    @property
    def bridge(self) -> str:
        """Name of its bridge."""
        return link_name(self.name)

    @property
    def address(self) -> str:
        """The machine's address on the bridge."""
        return f"10.200.{self.number}.1"

    @property
    def subnet(self) -> str:
        """Range of the bridge."""
        return f"10.200.{self.number}.0/24"

    @property
    def loopback(self) -> str:
        """Address for what only the machine itself may reach."""
        return f"127.200.{self.number}.1"

    @property
    def registry(self) -> str:
        """Host and port of the image registry."""
        return f"{self.address}:{_REGISTRY_PORT}"

    @property
    def s3_port(self) -> int:
        """Port of the S3 server."""
        return _S3_PORT

    @property
    def s3_endpoint(self) -> str:
        """URL of the S3 server for the machine and for pods."""
        return f"http://{self.address}:{self.s3_port}"


def check_name(name: str) -> str:
    """The name, when it can be the name of a lab.

    Raises:
        errors.LabError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise errors.LabError(f"{name!r} cannot be the name of a lab: use up to 30 lower-case letters, digits and inner hyphens.")
    return name


def link_name(lab: str) -> str:
    """Name of the lab's bridge, short enough to be followed by one letter for each node's interface."""
    short = lab if len(lab) <= _LINK_NAME_MAX else hashlib.sha256(lab.encode()).hexdigest()[:_LINK_NAME_MAX]
    return f"mtl-{short}"


def cgroup_name(lab: str) -> str:
    """Name of the cgroup that every process of the lab is in."""
    return f"mtc-lab-{lab}"


def rule_comment(lab: str) -> str:
    """The comment that marks the lab's iptables rules."""
    return f"mtc-lab {lab}"
