"""Which images of an ImageStream lie in the registry of its cluster, and in which order they are copied."""

import asyncio

from mtc.engine import image_streams
from mtc.engine.image_streams import Image
from mtc.kube.client import Object

OWN = "registry.svc:5000"


def stream(tags: dict[str, list[str]], *, repository: str = f"{OWN}/shop/web") -> Object:
    """A stream whose tags have these references, the newest first."""
    listed = [{"tag": tag, "items": [{"dockerImageReference": reference} for reference in found]} for tag, found in tags.items()]
    return {"status": {"dockerImageRepository": repository, "tags": listed}}


def test_only_images_of_the_clusters_own_registry_are_meant() -> None:
    """By the whole name of the host, and by digest; the oldest come first, so that a tag ends at the newest."""
    found = stream(
        {
            "one": [f"{OWN}/shop/web@sha256:b", f"{OWN}/shop/web@sha256:a"],
            "two": ["registry.svc:50001/shop/web@sha256:c", "quay.io/x/y@sha256:d", f"{OWN}/shop/web:latest", ""],
            "three": ["172.30.1.1:5000/shop/web@sha256:e"],
        }
    )
    meant = image_streams.images(found, ["", OWN, "172.30.1.1:5000"])
    assert [(image.tag, image.digest) for image in meant] == [("one", "sha256:a"), ("one", "sha256:b"), ("three", "sha256:e")]
    assert meant[0].reference == f"{OWN}/shop/web@sha256:a"
    assert image_streams.images(found, [""]) == image_streams.images({}, [OWN]) == image_streams.images({"status": None}, [OWN]) == []


def test_a_stream_tells_its_registry() -> None:
    """As soon as it has one."""
    assert image_streams.host_of(stream({})) == OWN
    assert image_streams.host_of({"status": {}}) == image_streams.host_of({}) == ""
    assert image_streams.has_images(stream({"one": ["x"]}))
    assert not image_streams.has_images(stream({"one": []}))
    assert not image_streams.has_images({})


async def test_images_of_one_tag_are_copied_one_after_the_other() -> None:
    """Those of several tags side by side, and not all at once."""
    images = [Image(f"tag-{number % 9}", f"sha256:{number}", "") for number in range(27)]
    at_work: set[str] = set()
    most, done = 0, []

    async def work(image: Image) -> None:
        nonlocal most
        assert image.tag not in at_work
        at_work.add(image.tag)
        most = max(most, len(at_work))
        await asyncio.sleep(0)
        at_work.remove(image.tag)
        done.append(image)

    await image_streams.each(images, work)
    assert sorted(done, key=lambda image: image.digest) == sorted(images, key=lambda image: image.digest)
    assert 1 < most <= 4
    for tag in {image.tag for image in images}:
        assert [image for image in done if image.tag == tag] == [image for image in images if image.tag == tag]
