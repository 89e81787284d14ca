"""By how much the clocks of clusters differ, told from the Date that their API servers put on answers."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from mtc.errors import MtcError
from mtc.look.sites import Site, Sites

#: A Date has whole seconds: the more answers, spread over one second, the narrower the interval that fits all of them.
_SAMPLES, _SPREAD_S = 4, 0.27
_DEADLINE_S = 5.0
#: Closer than this nobody can tell two clocks apart in this way.
NOTICED_S = 1.0


@dataclass(frozen=True)
class Sample:
    """One answer.

    Attributes:
        asked_s, answered_s: when, by our clock.
        date_s: what the server said, in whole seconds, cut off.
    """

    asked_s: float
    answered_s: float
    date_s: float


def offset_s(samples: Iterable[Sample]) -> float | None:
    """Seconds by which a server's clock is ahead of ours: the middle of what fits all answers; None without any."""
    lows, highs = [], []
    for sample in samples:
        lows.append(sample.date_s - sample.answered_s)
        highs.append(sample.date_s + 1 - sample.asked_s)
    if not lows:
        return None
    return round((max(lows) + min(highs)) / 2, 2)


def noticed(found: Mapping[str, float], reference: str) -> dict[str, float]:
    """By cluster, seconds by which its clock is ahead of the reference's, where anybody would notice that."""
    base = found.get(reference, 0.0)
    return {name: round(offset - base, 2) for name, offset in found.items() if abs(offset - base) > NOTICED_S}


def told(cluster: str, reference: str, seconds: float) -> str:
    """The sentence about a clock."""
    way = "ahead of" if seconds > 0 else "behind"
    return f"The clock of cluster {cluster} is {abs(seconds):.1f} s {way} that of {reference}; its lines are shown by the clock of {reference}."


async def offsets(sites: Sites) -> dict[str, float]:
    """The offset of each cluster that answers; who looks for what does not answer will be told elsewhere."""
    found = await asyncio.gather(*(_of_site(site) for site in sites.all))
    return {site.name: offset for site, offset in zip(sites.all, found, strict=True) if offset is not None}


async def _of_site(site: Site) -> float | None:
    samples = []
    try:
        async with asyncio.timeout(_DEADLINE_S):
            for number in range(_SAMPLES):
                if number:
                    await asyncio.sleep(_SPREAD_S)
                samples.append(await _sample(site))
    except (MtcError, TimeoutError):
        pass
    return offset_s(sample for sample in samples if sample is not None)


async def _sample(site: Site) -> Sample | None:
    asked = time.time()
    async with site.client.transport.open("GET", "/version", deadline_s=_DEADLINE_S) as answer:
        answered = time.time()
        date = answer.headers.get("Date")
        await answer.read()
    return Sample(asked, answered, parsedate_to_datetime(date).timestamp()) if date else None
