"""`mtc lab load`: give both clusters of a lab an image, from a folder with a Dockerfile or from an archive."""

import re
from pathlib import Path

from mtc.lab import cgroups, errors, images, layout, state, steps, tasks

_NAME = re.compile(r"[a-z0-9]+([._/-][a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?")


async def load(lab_name: str, path: Path, *, name: str) -> str:
    """The reference under which pods of both clusters find the image.

    Args:
        lab_name: name of the lab.
        path: folder with a Dockerfile, or a docker or OCI archive.
        name: what the image is called, e.g. `shop` or `shop:v2`, without a registry; the tag `latest` may be left out.

    Raises:
        errors.LabNotFound: there is no such lab.
        errors.LabError: the image could not be built or copied.
    """
    tagged = check_image_name(name)
    lab = state.require(lab_name)
    if not path.exists():
        raise errors.LabError(f"There is neither a folder nor an archive at {path}.")
    with cgroups.member(lab), steps.step(f"loading {path} as {tagged} into both clusters of the lab {lab.name} (a few seconds)"):
        publish = images.publish_directory if path.is_dir() else images.publish_archive
        reference = await publish(lab, path.resolve(), name=tagged)
        await _pull_everywhere(lab, reference)
    return reference


def check_image_name(name: str) -> str:
    """The name with a tag, when it can be the name of an image.

    Raises:
        errors.LabError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise errors.LabError(f"{name!r} cannot be the name of an image: write it like shop:v2, without a registry.")
    return name if ":" in name else f"{name}:latest"


async def _pull_everywhere(lab: layout.Lab, reference: str) -> None:
    await tasks.together(*(images.pull(one, reference) for one in lab.clusters))
