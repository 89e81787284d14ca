"""Ask the migrated shop for some of its pages, from outside of the cluster through the port of its node."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Sequence

from mtc.kube import resources
from mtc.kube.client import Client

_PORT = 30080
_PATHS = ("/", "/api/products?page=3", "/api/orders/42", "/api/carts/7", "/api/promotions", "/api/media/pictures/00/product-00000.jpg")
_DEADLINE_S = 15


async def ask(cluster: Client) -> dict[str, str]:
    """What each page answers: `200`, or what went wrong."""
    address = await _address(cluster)
    answers = await asyncio.gather(*(asyncio.to_thread(_get, f"http://{address}:{_PORT}{path}") for path in _PATHS))
    return dict(zip(_PATHS, answers, strict=True))


def are_good(answers: Sequence[str]) -> bool:
    """Whether every page was answered."""
    return bool(answers) and all(answer == "200" for answer in answers)


async def _address(cluster: Client) -> str:
    for node in await cluster.list_all(resources.NODES):
        for address in (node.get("status") or {}).get("addresses") or []:
            if address["type"] == "InternalIP":
                return str(address["address"])
    return cluster.name


def _get(url: str) -> str:
    # The lab is on this machine: no proxy between.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_DEADLINE_S) as answer:
            answer.read()
            return str(answer.status)
    except urllib.error.HTTPError as error:
        return str(error.code)
    except OSError as error:
        return str(getattr(error, "reason", error))
