"""Runs the copies of ImageStreams beside the passes: each may take an hour, and a pass over an object must not.

A pass begins a copy, and later ones find out how it goes; the end of it wakes the object. Nothing of it is written down: a process
that was killed begins again, looks up at the target what has arrived, and sends only the rest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from mtc.api import base
from mtc.migration.direct.images.streams import Tag
from mtc.movers import errors
from mtc.movers.images.port import ImageMover, Login

#: One stream rarely fills a line between two clusters; more of them at once are a burden for registries and for our memory.
AT_ONCE = 4
#: With these nothing else of the stream would arrive either.
_FOR_ALL = (errors.Denied, errors.NoSpace, errors.ProgramMissing)
#: A registry may have one image that it cannot give; one that is silent about two is away, and each try would last half a minute.
_SILENCES = 2


@dataclass(frozen=True)
class Place:
    """The images of a stream in a registry.

    Attributes:
        repository: host, namespace and name.
        login: gives who asks, at the moment of asking, because tokens change.
    """

    repository: str
    login: Callable[[], Awaitable[Login]]


@dataclass(frozen=True)
class Work:
    """What is to be copied of a stream."""

    tags: Sequence[Tag]
    source: Place
    target: Place


@dataclass
class _Begun:
    uid: str
    task: "asyncio.Task[tuple[str, ...]]"


class Copies:
    """The copies that run, or have ended and are not told yet.

    Args:
        mover: moves images.
        wake: called with the name of an object whose copy has ended.
        at_once: how many streams are copied at the same time.
    """

    def __init__(self, mover: ImageMover, *, wake: Callable[[base.Ref], None], at_once: int = AT_ONCE) -> None:
        self._mover, self._wake, self._places = mover, wake, asyncio.Semaphore(at_once)
        self._begun: dict[base.Ref, _Begun] = {}
        self._ending: set[asyncio.Task[tuple[str, ...]]] = set()

    async def run(self) -> None:
        """Lives until cancelled, and then ends all copies."""
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            for ref in list(self._begun):
                self.forget(ref)
            if self._ending:
                await asyncio.wait(self._ending)

    def look(self, ref: base.Ref, uid: str, work: Work) -> tuple[str, ...] | None:
        """What went wrong with a copy that has ended, None while it runs; it is begun where it is not.

        Raises whatever a defect raised in it; the next look begins again then.

        Args:
            ref: the object that wants it.
            uid: of the object.
            work: what is to be copied.
        """
        begun = self._begun.get(ref)
        if begun is not None and begun.uid != uid:
            self.forget(ref)
            begun = None
        if begun is None:
            # Not of a group: a defect in one copy is told of its object, and ends no other.
            task = asyncio.create_task(self._copy(work), name=f"images for {ref}")
            task.add_done_callback(lambda ended: None if ended.cancelled() else self._wake(ref))
            self._begun[ref] = _Begun(uid, task)
            return None
        if not begun.task.done():
            return None
        if begun.task.exception() is not None:
            del self._begun[ref]
        return begun.task.result()

    def forget(self, ref: base.Ref) -> None:
        """Ends the copy for an object that wants it no longer."""
        begun = self._begun.pop(ref, None)
        if begun is not None and not begun.task.done():
            begun.task.cancel()
            self._ending.add(begun.task)
            begun.task.add_done_callback(self._ending.discard)

    async def _copy(self, work: Work) -> tuple[str, ...]:
        async with self._places:
            return await copy(work, self._mover)


async def copy(work: Work, mover: ImageMover) -> tuple[str, ...]:
    """Copies what the target does not have yet; what went wrong, by tag.

    Args:
        work: what is to be copied.
        mover: moves images.
    """
    found, silences = [], 0
    for number, tag in enumerate(work.tags, 1):
        try:
            await _copy_tag(work, tag, mover)
        except errors.MoverError as error:
            found.append(f"Tag {tag.name}: {error}")
            silences += isinstance(error, errors.Unreachable)
            if isinstance(error, _FOR_ALL) or silences >= _SILENCES:
                if left := ", ".join(other.name for other in work.tags[number:]):
                    found[-1] += f" These tags were not tried after that: {left}."
                break
    return tuple(found)


async def _copy_tag(work: Work, tag: Tag, mover: ImageMover) -> None:
    target = f"{work.target.repository}:{tag.name}"
    for digest in tag.digests[await _first(work, tag, mover) :]:
        await mover.copy(
            source=f"{work.source.repository}@{digest}",
            target=target,
            source_login=await work.source.login(),
            target_login=await work.target.login(),
            # As in MTC: routes of registries mostly have certificates of their router, which nobody else trusts.
            verify_source_tls=False,
            verify_target_tls=False,
            # Workloads may name it by that.
            keeps_digest=True,
        )


async def _first(work: Work, tag: Tag, mover: ImageMover) -> int:
    """The place, in its history, of the first image that has to be copied; from there on all are, so that their order is kept."""
    for place, digest in enumerate(tag.digests):
        if await _digest(work, f"{work.target.repository}@{digest}", mover) is None:
            return place
    last = len(tag.digests) - 1
    meant = await _digest(work, f"{work.target.repository}:{tag.name}", mover)
    return last + 1 if meant == tag.digests[last] else last


async def _digest(work: Work, image: str, mover: ImageMover) -> str | None:
    try:
        return await mover.digest(image, login=await work.target.login(), verify_tls=False)
    except errors.Denied:
        # Registries of OpenShift refuse to speak of what is not there; whether the login is good shows when something is sent.
        return None
