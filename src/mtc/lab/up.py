"""`mtc lab up`: from an empty machine, or from whatever an earlier run has left, to two ready clusters.

Everything is built first, so that an interrupted build leaves nothing but finished entries of the cache. Then network, servers and
nodes are started; what runs already is left alone. The calling process is a member of the lab's cgroup meanwhile, and so
are all that it starts: after a crash at any point `down` finds them.
"""

from mtc.lab import (
    binaries,
    cgroups,
    cluster,
    down,
    environment,
    images,
    layout,
    network,
    preflight,
    provisions,
    servers,
    state,
    steps,
    tasks,
)


async def up(name: str) -> dict[str, str]:
    """Start the lab of that name, or heal it; the variables by which it is found.

    Raises:
        errors.PrerequisiteMissing: this machine cannot run a lab; nothing was changed.
        errors.LabError: something could not be built or started.
    """
    layout.check_name(name)
    binaries.checkout()
    await preflight.check()
    # Outside of the lab's cgroup: a package manager must not be killed in the middle, not even by `down`.
    await preflight.install()
    async with state.alone(name):
        if state.find(name) is None and await down.leftovers(name):
            # The records are lost, and with them the number: what is left has addresses that nobody knows any more.
            await down.clear(name)
        lab = await state.ensure(name)
        cgroups.create(lab)
        with cgroups.member(lab):
            return await _up(lab)


async def _up(lab: layout.Lab) -> dict[str, str]:
    parts, fetched = await provisions.everything()
    base, product = fetched.base, fetched.product
    with steps.step(f"starting the lab {lab.name}: two clusters, S3 and registry (about 20 s)"):
        await network.create(lab)
        starting = [await cluster.prepare(lab, one, parts) for one in lab.clusters]
        await tasks.together(servers.start_s3(lab, fetched.weed), servers.start_registry(lab), *(_start_runtime(one) for one in starting))
        await images.publish(lab, parts.pause_image, parts.coredns_image, base)
        shared = [image.in_registry(lab) for image in (parts.pause_image, parts.coredns_image, base)]
        await tasks.together(*(_finish(one, shared) for one in starting))
    await images.publish(lab, product)
    await tasks.together(*(images.pull(one, product.in_registry(lab)) for one in lab.clusters))
    values = environment.variables(
        lab, kubectl=parts.kubernetes.path("kubectl"), base_image=base.in_registry(lab), product_image=product.in_registry(lab)
    )
    environment.write(lab, values)
    steps.say(f'the lab {lab.name} is ready: eval "$(mtc lab env --name {lab.name})"')
    return values


async def _start_runtime(starting: cluster.Starting) -> None:
    """Node, control plane and containerd: all that needs no image."""
    await cluster.start_node(starting)
    await tasks.together(cluster.start_control_plane(starting), cluster.start_containerd(starting))


async def _finish(starting: cluster.Starting, references: list[str]) -> None:
    """Images, kubelet and what runs in the cluster."""
    for reference in references:
        await images.pull(starting.cluster, reference)
    await cluster.join(starting)
    await cluster.until_ready(starting)
