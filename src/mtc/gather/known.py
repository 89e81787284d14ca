"""Reads what must not be in an archive: the Secrets of all involved namespaces of all clusters; and names that may be."""

import asyncio
from collections.abc import Iterable, Mapping

from mtc.gather.secrets import Values
from mtc.gather.wanted import Spaces
from mtc.kube import codec, errors, resources
from mtc.kube.resources import ResourceType
from mtc.look.sites import Site, Sites
from mtc.look.together import Together

#: Their names, as those of Secrets, stand in every message about an application, and are not secret because a Secret holds the same word.
_NAMED = (
    resources.SERVICES,
    resources.DEPLOYMENTS,
    resources.STATEFUL_SETS,
    resources.DAEMON_SETS,
    resources.PERSISTENT_VOLUME_CLAIMS,
    resources.CONFIG_MAPS,
)
#: One object after another is parsed and dropped: a page of large Secrets is not much in memory.
_PAGE = 100


async def read(sites: Sites, spaces: Mapping[str, Spaces], *, namespace: str, public: Iterable[str]) -> tuple[Values, set[tuple[str, str]]]:
    """The values, and the (cluster, namespace) whose Secrets could not be read.

    Args:
        sites: the clusters.
        spaces: which namespaces of them are involved.
        namespace: of the toolkit, on all of them.
        public: words that must stay readable.
    """
    named, values, unknown = set(public), Values(), set[tuple[str, str]]()
    async with asyncio.TaskGroup() as group:
        for site in sites.all:
            found = {namespace} | spaces[site.name].applications
            together = Together(site, found)
            for space in found:
                for kind in _NAMED:
                    group.create_task(_names(together, space, kind, named))
            for space in found | spaces[site.name].secrets:
                group.create_task(_secrets(sites, site, space, values, unknown, named if space in found else set()))
    for site in sites.all:
        if token := await site.client.access.token():
            values.add(token.encode())
    return values.without(named), unknown


async def _names(together: Together, space: str, kind: ResourceType, found: set[str]) -> None:
    try:
        async for items in together.pages(kind, space, metadata_only=True):
            found.update(codec.head(raw).metadata.name for raw in items)
    except errors.KubeError:
        return  # One word more is masked than had to be; the listing itself tells what is wrong.


async def _secrets(sites: Sites, site: Site, space: str, values: Values, unknown: set[tuple[str, str]], named: set[str]) -> None:
    try:
        async for page in site.client.pages(resources.SECRETS, namespace=space, limit=_PAGE):
            for raw in page.items:
                secret = codec.loads(bytes(raw))
                named.add(secret["metadata"]["name"])
                values.add_secret(secret)
    except errors.KubeError as error:
        unknown.add((site.name, space))
        sites.troubles.append(f"cluster {site.name}: Secrets of namespace {space} cannot be read, so texts there are left out: {error}")
