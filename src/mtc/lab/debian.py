"""What comes from packages of the Debian release that our image is based on, whatever release this machine has."""

import tarfile
from collections.abc import Iterable
from pathlib import Path

from mtc.lab import cache, programs, steps

SUITE = "trixie"
_DEADLINE_S = 1800
_RESTIC = "./usr/bin/restic"


async def bootstrap(archive: Path, *, variant: str, packages: Iterable[str], options: Iterable[str] = ()) -> None:
    """Makes an archive of a root folder with packages in it.

    Args:
        archive: the file to make; scratch space is taken beside it.
        variant: of mmdebstrap: `minbase` for a small system, `extract` for the files of the packages and nothing else.
        packages: their names; what they depend on comes with them.
        options: more words for mmdebstrap.

    Raises:
        errors.ProgramFailed: mmdebstrap failed, for instance because no mirror answers.
    """
    argv = ["mmdebstrap", "--quiet", f"--variant={variant}", f"--include={','.join(packages)}", *options]
    argv += ['--aptopt=Acquire::Languages "none"', SUITE, str(archive)]
    await programs.run(programs.apart(argv), deadline_s=_DEADLINE_S, env={"TMPDIR": str(archive.parent)})


async def restic() -> Path:
    """The path of restic as our image has it: the release of this machine may have one that is too old."""

    async def build(directory: Path) -> None:
        with steps.step(f"fetching restic from Debian {SUITE} (a few seconds, once)"):
            archive = directory / "packages.tar"
            await bootstrap(archive, variant="extract", packages=["restic"])
            with tarfile.open(archive) as packages:
                packages.extract(_RESTIC, directory, filter="tar")
            archive.unlink()
            (directory / _RESTIC).rename(directory / "restic")

    return await cache.entry("restic", cache.content_hash([SUITE, _RESTIC]), build) / "restic"
