"""Certificates, kubeconfigs, settings and manifests that the programs of a cluster get."""

import json
import shlex
import ssl
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from mtc.lab import binaries, cluster, environment, errors, images, kubernetes, layout, load, node, pki, programs, servers

LAB = layout.Lab("tests", 5)
SOURCE, TARGET = LAB.clusters


def a_node(directory: Path) -> node.Node:
    """The node of the source."""
    programs_of = binaries.Kubernetes(directory)
    return node.Node(LAB, SOURCE, programs_of, pki.Authority(directory), directory / "pause", f"{LAB.registry}/pause:1")


async def test_certificates_are_signed_and_name_their_addresses(tmp_path: Path) -> None:
    """The API server's certificate is trusted by the authority and holds bridge, service and loopback address; making again keeps it."""
    requests = kubernetes.certificates(addresses=(SOURCE.address, SOURCE.api_service))
    authority = await pki.create(tmp_path / "pki", requests)
    server = authority.pair(kubernetes.API_SERVER)
    before = server.certificate.read_bytes()
    await pki.create(tmp_path / "pki", requests)
    assert server.certificate.read_bytes() == before
    for pair in (server, authority.pair(kubernetes.ADMIN)):
        await programs.run(["openssl", "verify", "-CAfile", str(authority.certificate), str(pair.certificate)])
        assert pair.key.stat().st_mode & 0o077 == 0
        ssl.create_default_context().load_cert_chain(pair.certificate, pair.key)
    text = await programs.run(["openssl", "x509", "-noout", "-text", "-in", str(server.certificate)])
    for name in (f"IP Address:{SOURCE.address}", f"IP Address:{SOURCE.api_service}", "IP Address:127.0.0.1", "DNS:kubernetes.default.svc"):
        assert name in text
    assert "CA:FALSE" in text


async def test_kubeconfig_needs_no_other_file(tmp_path: Path) -> None:
    """A kubeconfig carries certificate and key in itself and is for its owner only."""
    authority = await pki.create(tmp_path / "pki", [pki.Request("admin", "lab-admin", groups=("system:masters",))])
    path = pki.write_kubeconfig(tmp_path / "config", authority=authority, client="admin", server="https://10.0.0.1:6443", cluster="source")
    document = json.loads(path.read_text())
    assert set(document["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}
    assert document["clusters"][0]["cluster"]["server"] == "https://10.0.0.1:6443"
    assert path.stat().st_mode & 0o077 == 0


def test_containerd_settings_are_valid_and_follow_the_lab(tmp_path: Path) -> None:
    """The file is TOML, and pods start where a negative oom score is denied."""
    text = node.containerd_config(a_node(tmp_path), networks=tmp_path, registries=tmp_path)
    cri = tomllib.loads(text)["plugins"]["io.containerd.grpc.v1.cri"]
    assert cri["restrict_oom_score_adj"] is True
    assert cri["sandbox_image"] == f"{LAB.registry}/pause:1"


def test_kubelet_puts_pods_into_the_labs_cgroup(tmp_path: Path) -> None:
    """Pods of the cluster are below the lab's own cgroup, where `down` finds them, and two clusters differ."""
    root = node.kubelet_config(a_node(tmp_path), resolv=tmp_path / "resolv.conf")["cgroupRoot"]
    assert root == f"/{layout.cgroup_name(LAB.name)}/source"
    assert SOURCE.cgroup != TARGET.cgroup


def test_addons_have_all_their_values() -> None:
    """The manifests of every cluster are YAML, without a word left to fill in: DNS, the one default storage class, what nodes may read."""
    values = {
        "provisioner": "p",
        "image": "i:1",
        "dns": SOURCE.dns_service,
        "machine": "10.0.0.1",
        "source": "10.0.0.2",
        "target": "10.0.0.3",
    }
    documents = [document for document in yaml.safe_load_all(cluster.addons(values)) if document]
    kinds = {(document["kind"], document["metadata"]["name"]) for document in documents}
    assert {("Deployment", "coredns"), ("Service", "kube-dns"), ("StorageClass", "lab-local"), ("ClusterRoleBinding", "lab-nodes")} <= kinds
    assert "${" not in cluster.addons(values)


def test_exports_survive_the_shell() -> None:
    """A shell that evaluates the lines has exactly the values, whatever is in them."""
    values = {"A": "plain", "B": 'it\'s $HOME `x` "y" \n z'}
    script = environment.as_exports(values) + 'printf "%s|%s" "$A" "$B"'
    shown = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True).stdout
    assert shown == f"{values['A']}|{values['B']}"
    assert shlex.split(environment.as_exports({"A": "b c"})) == ["export", "A=b c"]


def test_s3_listens_on_the_bridge_and_keeps_ports_apart(tmp_path: Path) -> None:
    """S3 is on the bridge, everything else on loopback, and two labs share no port there."""
    used: list[set[str]] = []
    for number in (0, 1):
        lab = layout.Lab("x", number)
        argv = servers.s3_argv(lab, "weed", ports=servers.s3_ports(lab), config=tmp_path / "c")
        assert f"-ip.bind={lab.loopback}" in argv
        assert f"-s3.ip.bind={lab.address}" in argv
        used.append({word.partition("=")[2] for word in argv if "port" in word and not word.startswith("-s3.port=")} - {"0"})
    assert not used[0] & used[1]


def test_image_names_lead_to_the_labs_registry() -> None:
    """Manifests name images by the registry's address on the bridge."""
    assert images.Image("base", "abc").in_registry(LAB) == "10.200.5.1:5000/base:abc"


@pytest.mark.parametrize("name", ["Shop", "shop:", "10.0.0.1:5000/shop", "shop:v 1", "/shop", "shop//a", "../shop"])
async def test_bad_image_names_are_refused(name: str) -> None:
    """What is no name of an image, or names a registry, is refused before anything is built."""
    with pytest.raises(errors.LabError, match="cannot be the name of an image"):
        load.check_image_name(name)


@pytest.mark.parametrize(("name", "tagged"), [("shop", "shop:latest"), ("demo/shop:v2", "demo/shop:v2")])
def test_image_names_get_a_tag(name: str, tagged: str) -> None:
    """A name without a tag gets `latest`."""
    assert load.check_image_name(name) == tagged
