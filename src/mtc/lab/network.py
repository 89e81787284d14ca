"""The lab's bridge, the interfaces of its nodes, and the routes and rules that let everybody reach everybody.

The network namespace of a node is held by the node's own process (`node`), without a name in /run/netns: when the last
process of a cluster ends, the kernel removes the namespace and with it both ends of its interface.
"""

import ipaddress
import json
import shlex

from mtc.lab import errors, layout, programs

# A route to a wider range than this does not hinder a lab: the lab's own routes are more specific.
_NARROW_PREFIX = 16


async def create(lab: layout.Lab) -> None:
    """Make the bridge with its address, and let iptables pass what stays on it; what exists is kept."""
    if not await _link_exists(lab.bridge):
        await _ip("link", "add", lab.bridge, "type", "bridge")
    await _ip("addr", "replace", f"{lab.address}/24", "dev", lab.bridge)
    await _ip("link", "set", lab.bridge, "up")
    comment = layout.rule_comment(lab.name)
    for chain, match in (("FORWARD", ("-i", lab.bridge, "-o", lab.bridge)), ("INPUT", ("-i", lab.bridge))):
        rule = [chain, *match, "-m", "comment", "--comment", comment, "-j", "ACCEPT"]
        if not await programs.succeeds(["iptables", "-w", "-C", *rule]):
            await programs.run(["iptables", "-w", "-I", *rule])


async def connect(lab: layout.Lab, cluster: layout.Cluster, *, holder: int) -> None:
    """Give a node its interface on the bridge, its routes and its settings.

    Args:
        lab: the lab.
        cluster: whose node it is.
        holder: a process in the node's network namespace.
    """
    inside = ["nsenter", "--target", str(holder), "--net", "--"]
    if not await programs.succeeds([*inside, "ip", "link", "show", "eth0"]):
        # A half-made pair of an earlier run may still be on this side.
        await _delete_link(cluster.link)
        await _ip("link", "add", cluster.link, "type", "veth", "peer", "name", "eth0", "netns", str(holder))
    await _ip("link", "set", cluster.link, "master", lab.bridge, "up")
    commands = [
        "ip link set lo up",
        f"ip addr replace {cluster.address}/24 dev eth0",
        "ip link set eth0 up",
        f"ip route replace default via {lab.address}",
        *(
            f"ip route replace {cidr} via {other.address}"
            for other in lab.clusters
            if other != cluster
            for cidr in (other.pods, other.services)
        ),
        "echo 1 > /proc/sys/net/ipv4/ip_forward",
        # Without it a pod cannot reach a service whose pod is on the same bridge.
        "echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables",
    ]
    await programs.run([*inside, "sh", "-ec", "\n".join(commands)])
    for cidr in (cluster.pods, cluster.services):
        await _ip("route", "replace", cidr, "via", cluster.address)


async def remove(name: str) -> None:
    """Remove what the lab of that name has left of interfaces, routes and rules on the machine's side."""
    bridge = layout.link_name(name)
    for link in (*(f"{bridge}{role[0]}" for role in layout.ROLES), bridge):
        await _delete_link(link)
    for rule in await _marked_rules(name):
        await programs.run(["iptables", "-w", "-D", *rule])


async def leftovers(name: str) -> list[str]:
    """What the lab of that name has of interfaces and rules on the machine's side."""
    bridge = layout.link_name(name)
    links = [bridge, *(f"{bridge}{role[0]}" for role in layout.ROLES)]
    found = [f"interface {link}" for link in links if await _link_exists(link)]
    return found + [f"iptables rule {' '.join(rule)}" for rule in await _marked_rules(name)]


async def used_numbers() -> set[int]:
    """Numbers of labs whose address ranges the machine already has a route to."""
    output = await programs.run(["ip", "-json", "route", "show", "table", "all"])
    used: set[int] = set()
    for route in json.loads(output or "[]"):
        if route.get("dst", "default") == "default" or ":" in route["dst"]:
            continue
        taken = ipaddress.ip_network(route["dst"], strict=False)
        if taken.prefixlen < _NARROW_PREFIX:
            continue
        for number in range(layout.LABS_MAX):
            lab = layout.Lab("any", number)
            ranges = [lab.subnet, *(cidr for cluster in lab.clusters for cidr in (cluster.pods, cluster.services))]
            if any(taken.overlaps(ipaddress.ip_network(cidr)) for cidr in ranges):
                used.add(number)
    return used


async def _marked_rules(name: str) -> list[list[str]]:
    """The lab's rules of the filter table, as arguments that delete them."""
    listed = await programs.run(["iptables", "-w", "-S"])
    comment = layout.rule_comment(name)
    rules = (shlex.split(line) for line in listed.splitlines() if line.startswith("-A "))
    return [rule[1:] for rule in rules if comment in rule]


async def _link_exists(name: str) -> bool:
    return await programs.succeeds(["ip", "link", "show", name])


async def _delete_link(name: str) -> None:
    """Delete the interface; it may be gone at any moment, when the kernel removes the namespace of its other end."""
    if not await _link_exists(name):
        return
    try:
        await _ip("link", "delete", name)
    except errors.ProgramFailed:
        if await _link_exists(name):
            raise


async def _ip(*arguments: str) -> None:
    await programs.run(["ip", *arguments])
