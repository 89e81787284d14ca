"""What of an ImageStream is copied, in which order, and what people are told of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from mtc.kube.client import Object
from mtc.migration.direct.images import copies, of_migration, streams
from mtc.migration.direct.images.copies import Place, Work
from mtc.migration.direct.images.streams import Tag
from mtc.movers import errors
from mtc.movers.images.port import Login

pytestmark = pytest.mark.anyio

HOST = "image-registry.openshift-image-registry.svc:5000"


def stream(**tags: Sequence[tuple[str, str]]) -> Object:
    """An ImageStream; each tag with its images, the newest first, and where they lie."""
    listed = [
        {"tag": tag, "items": [{"image": image, "dockerImageReference": f"{place}/{image}"} for image, place in items]}
        for tag, items in tags.items()
    ]
    return {"status": {"dockerImageRepository": f"{HOST}/shop/web", "tags": listed}}


def test_the_registry_is_that_which_the_stream_names() -> None:
    """Host and port."""
    assert streams.internal_host(stream()) == HOST
    assert streams.internal_host({}) == ""


def test_a_tag_is_copied_from_its_oldest_image_on() -> None:
    """ImageStreams list the newest first."""
    found = streams.tags(stream(two=[("b", f"{HOST}/shop")], one=[("c", HOST), ("b", HOST), ("a", HOST)]), HOST)
    assert found == (Tag("one", ("a", "b", "c")), Tag("two", ("b",)))


def test_an_image_that_was_current_twice_is_copied_once_where_it_was_last() -> None:
    """Going back to an older image makes it the newest again."""
    assert streams.tags(stream(one=[("a", HOST), ("b", HOST), ("a", HOST)]), HOST) == (Tag("one", ("b", "a")),)


def test_images_of_other_registries_are_not_copied() -> None:
    """Neither those of other hosts, nor those of one whose name only begins alike; without a host nothing is."""
    found = stream(one=[("b", "quay.example.org"), ("a", HOST)], two=[("c", f"{HOST}0")])
    assert streams.tags(found, HOST) == (Tag("one", ("a",)),)
    assert streams.tags(found, "") == ()
    assert streams.has_images(found)
    assert not streams.has_images(stream(one=[]))


@dataclass
class Registry:
    """A mover between two registries in memory.

    Attributes:
        there: what the target has: references and digests.
        refuses: what happens when this image is sent.
        silent: whether the target refuses to be asked.
        sent: what was sent, in order.
    """

    there: dict[str, str] = field(default_factory=dict)
    refuses: dict[str, errors.MoverError] = field(default_factory=dict)
    silent: bool = False
    sent: list[tuple[str, str]] = field(default_factory=list)

    async def copy(  # noqa: PLR0913 - as the port
        self,
        *,
        source: str,
        target: str,
        source_login: Login | None,
        target_login: Login | None,
        verify_source_tls: bool = True,
        verify_target_tls: bool = True,
        keeps_digest: bool = False,
    ) -> str:
        """Sends it."""
        assert (source_login, target_login) == (Login("ignored", "from"), Login("ignored", "to"))
        assert not verify_source_tls
        assert not verify_target_tls
        assert keeps_digest
        digest = source.rpartition("@")[2]
        if digest in self.refuses:
            raise self.refuses[digest]
        self.sent.append((digest, target.rpartition(":")[2]))
        self.there |= {target: digest, f"{target.rpartition(':')[0]}@{digest}": digest}
        return digest

    async def digest(self, image: str, *, login: Login | None, verify_tls: bool = True) -> str | None:
        """Looks it up."""
        assert login == Login("ignored", "to")
        assert not verify_tls
        if self.silent:
            raise errors.Denied("it does not say")
        return self.there.get(image)


def work(*tags: Tag) -> Work:
    """From one to the other."""

    async def source() -> Login:
        return Login("ignored", "from")

    async def target() -> Login:
        return Login("ignored", "to")

    return Work(tags, Place("from/shop/web", source), Place("to/shop/web", target))


TAG = Tag("one", ("a", "b", "c"))


@pytest.mark.parametrize(
    ("there", "sent"),
    [
        ([], ["a", "b", "c"]),
        (["a"], ["b", "c"]),
        (["a", "b"], ["c"]),
        (["a", "b", "c"], []),
        # What is missing in between would be the newest, were the others not sent behind it.
        (["a", "c"], ["b", "c"]),
    ],
)
async def test_what_has_arrived_is_not_sent_again(there: list[str], sent: list[str]) -> None:
    """And the tag means the newest image at the end."""
    registry = Registry({f"to/shop/web@{digest}": digest for digest in there})
    registry.there |= {"to/shop/web:one": there[-1]} if there else {}
    assert await copies.copy(work(TAG), registry) == ()
    assert [digest for digest, _ in registry.sent] == sent
    assert registry.there["to/shop/web:one"] == "c"


async def test_a_tag_that_means_another_image_is_set_right() -> None:
    """Though all images of its history are there."""
    registry = Registry({f"to/shop/web@{digest}": digest for digest in "abc"} | {"to/shop/web:one": "b"})
    assert await copies.copy(work(TAG), registry) == ()
    assert registry.sent == [("c", "one")]


async def test_a_target_that_does_not_speak_of_what_it_has_gets_all() -> None:
    """Whether the login is good shows when something is sent."""
    registry = Registry(silent=True)
    assert await copies.copy(work(TAG), registry) == ()
    assert [digest for digest, _ in registry.sent] == ["a", "b", "c"]


async def test_a_tag_that_fails_does_not_keep_the_others() -> None:
    """Its error names it; nothing newer of it is sent, for the order would be lost."""
    registry = Registry(refuses={"b": errors.ImageNotFound("b is gone")})
    assert await copies.copy(work(TAG, Tag("two", ("d",))), registry) == ("Tag one: b is gone",)
    assert registry.sent == [("a", "one"), ("d", "two")]


@pytest.mark.parametrize("kind", [errors.Denied, errors.NoSpace, errors.ProgramMissing])
async def test_what_concerns_all_tags_is_told_once(kind: type[errors.MoverError]) -> None:
    """A login that is refused, a registry that is full: with the tags that were not tried any more."""
    registry = Registry(refuses={"a": kind("No."), "d": kind("No.")})
    found = await copies.copy(work(TAG, Tag("two", ("d",)), Tag("six", ("e",))), registry)
    assert found == ("Tag one: No. These tags were not tried after that: two, six.",)
    assert registry.sent == []


async def test_a_registry_that_stays_away_is_not_waited_for_with_every_tag() -> None:
    """One silence may be of an image that is broken there; two are of the registry."""
    gone = errors.Unreachable("No answer.")
    registry = Registry(refuses={"a": gone, "d": gone, "f": gone})
    once = work(Tag("one", ("a",)), Tag("two", ("b",)), Tag("six", ("d",)), Tag("ten", ("e",)))
    assert await copies.copy(once, registry) == ("Tag one: No answer.", "Tag six: No answer. These tags were not tried after that: ten.")
    assert registry.sent == [("b", "two")]


def test_progress_counts_and_names_the_streams() -> None:
    """By their lists in the status; deleted ones are counted where there are any."""

    def entry(name: str, copy: str = "") -> Object:
        return {"name": name, "namespace": "shop", **({"directMigration": {"name": copy, "namespace": "ns"}} if copy else {})}

    item: Object = {"status": {"newISs": [entry("web", "m-1")], "successfulISs": [entry("api", "m-2")], "failedISs": [entry("db", "m-3")]}}
    assert of_migration.progress(item) == (
        "ImageStreams: 3 in all, 1 running, 1 successful, 1 failed",
        "ImageStream shop/api (DirectImageStreamMigration ns/m-2): Completed",
        "ImageStream shop/db (DirectImageStreamMigration ns/m-3): Failed",
        "ImageStream shop/web (DirectImageStreamMigration ns/m-1): Running",
    )
    item["status"]["deletedISs"] = [entry("old")]
    assert of_migration.progress(item)[0] == "ImageStreams: 4 in all, 1 running, 1 successful, 1 failed, 1 deleted"
    assert "ImageStream shop/old: Deleted" in of_migration.progress(item)
    assert of_migration.progress({}) == ()
