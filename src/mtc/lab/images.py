"""Images of the lab: where they are kept, how they are built, and how they get to both clusters.

Two stores in the cache are shared by all labs, each with a lock. `images` is an OCI layout, from which images are pushed quickly to
a new lab's registry; `storage` is where buildah builds, and whose layers make a second build of nearly the same thing fast. Its
lock is held for a whole build, which hinders nobody who only needs what has been built before. Tags are content hashes, so that an image is never stale. buildah runs in a mount namespace of its own: whatever it leaves mounted goes
with it.
"""

import contextlib
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mtc.lab import binaries, cache, debian, errors, layout, programs, steps, tasks

_BUILD_DEADLINE_S = 1800
_COPY_DEADLINE_S = 300
_LOCAL = "localhost/mtc-lab"
_BASE_PACKAGES = ("ca-certificates", "curl", "procps", "python3")
_NOT_WANTED = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")
_PRODUCT_FILES = ("deploy/Dockerfile", "deploy/velero-restore-helper", "pyproject.toml", "requirements.lock", "README.md", "LICENSE")
_PRODUCT_FOLDERS = ("src/mtc", "deploy/crds", "deploy/manifests", "docs/reference/cli/man")
_HOST_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
_MOUNTED_AUTHORITIES = "/run/host-certificates.crt"
# Raised when the recipe in this file changes in a way that its inputs do not show.
_RECIPE = "1"
_LAYOUT_LOCK = "image-layout"


@dataclass(frozen=True)
class Image:
    """An image in the stores.

    Attributes:
        name: its repository, e.g. `base`.
        tag: hash of what it was made from.
    """

    name: str
    tag: str

    @property
    def local(self) -> str:
        """Its reference in buildah's store."""
        return f"{_LOCAL}/{self.name}:{self.tag}"

    @property
    def layout_tag(self) -> str:
        """Its tag in the OCI layout."""
        return f"{self.name}-{self.tag}"

    @property
    def kept(self) -> str:
        """Where it is in the OCI layout, as skopeo and buildah name it."""
        return f"oci:{_kept_images()}:{self.layout_tag}"

    def in_registry(self, lab: layout.Lab) -> str:
        """Its reference in a lab's registry, for manifests."""
        return f"{lab.registry}/{self.name}:{self.tag}"


async def base() -> Image:
    """Debian with bash, coreutils, curl and Python: what the product's image and test workloads are based on."""
    image = Image("base", cache.content_hash([_RECIPE, debian.SUITE, *_BASE_PACKAGES, *_NOT_WANTED]))
    async with _stores() as stores:
        if _is_kept(image):
            return image
        with steps.step(f"building the base image from Debian {debian.SUITE} packages (about a minute, once)"):
            archive = stores.scratch / "base.tar"
            options = [f"--dpkgopt=path-exclude={path}" for path in _NOT_WANTED]
            await debian.bootstrap(archive, variant="minbase", packages=_BASE_PACKAGES, options=options)
            context = stores.scratch / "context"
            context.mkdir()
            archive.rename(context / "base.tar")
            (context / "Dockerfile").write_text(
                'FROM scratch\nADD base.tar /\nENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8\nCMD ["bash"]\n'
            )
            await stores.build(context, image)
            await stores.keep(image)
    return image


async def pause() -> Image:
    """The first container of every pod."""
    return await _of_program("pause", await binaries.pause())


async def coredns() -> Image:
    """The clusters' DNS server."""
    return await _of_program("coredns", await binaries.coredns())


async def _of_program(name: str, program: Path) -> Image:
    recipe = binaries.checkout() / "lab" / "images" / name / "Dockerfile"
    # The program's folder in the cache is named after what it was built from.
    image = Image(name, cache.content_hash([_RECIPE, recipe, program.parent.name]))
    async with _stores() as stores:
        if not _is_kept(image):
            with steps.step(f"building the image of {name} (a few seconds, once)"):
                context = stores.scratch / "context"
                context.mkdir()
                shutil.copy2(recipe, context / "Dockerfile")
                shutil.copy2(program, context / name)
                await stores.build(context, image)
                await stores.keep(image)
    return image


async def product() -> Image:
    """The product's own image, with the package as it is in the checkout."""
    top = binaries.checkout()
    on = await base()
    inputs = [top / name for name in _PRODUCT_FILES]
    folders = [top / name for name in _PRODUCT_FOLDERS]
    if missing := [str(path.relative_to(top)) for path in (*inputs, *folders) if not path.exists()]:
        raise errors.PrerequisiteMissing(f"The image of mtc cannot be built: the checkout {top} has no {', '.join(missing)}.")
    image = Image("mtc", cache.content_hash([_RECIPE, on.tag, *inputs, *folders], ignore=_is_not_source))
    async with _stores() as stores:
        if not _is_kept(image):
            with steps.step("building the image of mtc (about 2 minutes the first time, 15 s when only its code has changed)"):
                context = stores.scratch / "context"
                context.mkdir()
                for path in inputs:
                    copy = context / path.relative_to(top)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(path, copy)
                shutil.move(context / "deploy" / "Dockerfile", context / "Dockerfile")
                for path in folders:
                    shutil.copytree(path, context / path.relative_to(top), ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
                await stores.need(on)
                await stores.build(context, image, arguments={"BASE": on.local})
                await stores.keep(image)
    return image


def _is_not_source(path: Path) -> bool:
    return "__pycache__" in path.parts or path.suffix == ".pyc"


async def publish(lab: layout.Lab, *images: Image) -> None:
    """Put images of the stores into the lab's registry."""
    async with cache.lock(_LAYOUT_LOCK):
        await tasks.together(*(_push_kept(image, reference=image.in_registry(lab)) for image in images))


async def publish_archive(lab: layout.Lab, archive: Path, *, name: str) -> str:
    """Put the image of a docker or OCI archive into the lab's registry under that name; its reference there."""
    reference = f"{lab.registry}/{name}"
    kind = await _archive_kind(archive)
    argv = ["skopeo", "copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false", f"{kind}:{archive}", f"docker://{reference}"]
    await programs.run(argv, deadline_s=_COPY_DEADLINE_S)
    return reference


async def publish_directory(lab: layout.Lab, directory: Path, *, name: str) -> str:
    """Build the folder's Dockerfile and put the image into the lab's registry under that name; its reference there."""
    if not (directory / "Dockerfile").is_file():
        raise errors.LabError(f"{directory} has no Dockerfile to build an image from.")
    on = await base()
    reference = f"{lab.registry}/{name}"
    async with _stores() as stores:
        await stores.need(on)
        await stores.build_as(directory, reference, arguments={"BASE": on.local})
        await stores.push_built(reference)
    return reference


async def pull(cluster: layout.Cluster, reference: str) -> None:
    """Have the image unpacked on the cluster's node, so that pods need not wait for it."""
    argv = ["ctr", "--address", str(cluster.containerd_socket), "--namespace", "k8s.io", "images", "pull", "--plain-http", reference]
    await programs.run(argv, deadline_s=_COPY_DEADLINE_S)


async def _archive_kind(archive: Path) -> str:
    """What skopeo calls the kind of the archive, told by the index file in it."""
    names = (await programs.run(["tar", "--list", "--file", str(archive)])).split()
    if "oci-layout" in names or "./oci-layout" in names:
        return "oci-archive"
    if "manifest.json" in names:
        return "docker-archive"
    raise errors.LabError(f"{archive} is neither a docker archive nor an OCI archive: it has no manifest.json and no oci-layout.")


@dataclass(frozen=True)
class _Storage:
    """buildah's store, locked, and a folder that goes when the lock does."""

    storage: Path
    scratch: Path

    async def build(self, context: Path, image: Image, *, arguments: Mapping[str, str] | None = None) -> None:
        await self.build_as(context, image.local, arguments=arguments or {})

    async def build_as(self, context: Path, reference: str, *, arguments: Mapping[str, str]) -> None:
        options = ["--isolation", "chroot", "--network", "host", "--layers", "--pull-never", "--tag", reference]
        if _HOST_AUTHORITIES.is_file():
            # A machine behind a proxy that signs for others has that proxy's authority in its own list.
            options += ["--volume", f"{_HOST_AUTHORITIES}:{_MOUNTED_AUTHORITIES}:ro"]
            arguments = {"PIP_CERT": _MOUNTED_AUTHORITIES, **arguments}
        for key, value in arguments.items():
            options += ["--build-arg", f"{key}={value}"]
        log = cache.root() / "image-build.log"
        log.unlink(missing_ok=True)
        await programs.run([*self._buildah("bud"), *options, str(context)], deadline_s=_BUILD_DEADLINE_S, log=log)

    async def keep(self, image: Image) -> None:
        """Copy the image from buildah's store to the OCI layout."""
        async with cache.lock(_LAYOUT_LOCK):
            await programs.run([*self._buildah("push"), "--quiet", image.local, image.kept], deadline_s=_COPY_DEADLINE_S)

    async def need(self, image: Image) -> None:
        """Have the image in buildah's store."""
        if not await programs.succeeds([*self._buildah("inspect"), "--type", "image", image.local]):
            loaded = await programs.run([*self._buildah("pull"), "--quiet", image.kept], deadline_s=_COPY_DEADLINE_S)
            await programs.run([*self._buildah("tag"), loaded.strip().splitlines()[-1], image.local])

    async def push_built(self, reference: str) -> None:
        argv = [*self._buildah("push"), "--quiet", "--tls-verify=false", reference, f"docker://{reference}"]
        await programs.run(argv, deadline_s=_COPY_DEADLINE_S)

    def _buildah(self, verb: str) -> list[str]:
        policy = self.scratch / "policy.json"
        policy.write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))
        where = ["--root", str(self.storage), "--runroot", str(self.scratch / "run"), "--storage-driver", "overlay"]
        argv = ["buildah", *where, verb]
        if verb in {"bud", "pull", "push"}:
            argv += ["--signature-policy", str(policy)]
        return programs.apart(argv)


@contextlib.asynccontextmanager
async def _stores() -> AsyncIterator[_Storage]:
    async with cache.lock(cache.IMAGES):
        for abandoned in cache.root().glob(f"{cache.SCRATCH_PREFIX}*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(prefix=cache.SCRATCH_PREFIX, dir=cache.root()))
        try:
            yield _Storage(cache.root() / "storage", scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _kept_images() -> Path:
    """The OCI layout."""
    return cache.root() / "images"


def _is_kept(image: Image) -> bool:
    """Whether the image is complete in the OCI layout."""
    return image.layout_tag in _kept_tags()


def _kept_tags() -> set[str]:
    """The tags of the OCI layout; a layout whose index a crash has cut is removed, and what it held is built again."""
    try:
        index = json.loads((_kept_images() / "index.json").read_text())
    except FileNotFoundError:
        return set()
    except ValueError:
        shutil.rmtree(_kept_images(), ignore_errors=True)
        return set()
    return {entry.get("annotations", {}).get("org.opencontainers.image.ref.name", "") for entry in index["manifests"]}


async def _push_kept(image: Image, *, reference: str) -> None:
    argv = ["skopeo", "copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false", image.kept, f"docker://{reference}"]
    await programs.run(argv, deadline_s=_COPY_DEADLINE_S)
