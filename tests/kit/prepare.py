"""`python -m kit.prepare`: everything that tests and measurements need and that takes long to get, with a line for each step.

Debian packages, Kubernetes and CoreDNS from source, restic, SeaweedFS, Azurite, and the images. All of it is kept for the next
time, so that a second run takes a few seconds. Tests build nothing themselves: they would be silent for minutes.
"""

import asyncio
import sys
import time

from mtc.errors import MtcError
from mtc.lab import binaries, debian, preflight, provisions, servers, steps, tasks


async def prepare() -> None:
    """All of it: what is compiled, which keeps all processors busy, beside what is mostly fetched."""
    binaries.checkout()
    await preflight.check()
    await preflight.install()
    await tasks.together(provisions.everything(), debian.restic(), servers.azurite())


def main() -> int:
    """The exit code: 0 when everything is there."""
    started = time.monotonic()
    try:
        asyncio.run(prepare())
    except MtcError as error:
        steps.say(f"the tests cannot be prepared: {error}")
        return error.exit_code
    steps.say(f"everything that the tests need is there ({time.monotonic() - started:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
