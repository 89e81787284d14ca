"""What a pod that sends a volume does: copies, compares, and leaves behind how it went."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mtc.api import sending
from mtc.api.sending import Sent
from mtc.movers import errors
from mtc.movers.volumes import rsync
from mtc.movers.volumes.compare import Difference
from mtc.movers.volumes.port import Progress
from mtc.telemetry import logs

#: Often enough for whoever watches, seldom enough for the log.
_TELL_S = 1.0
_NOT_ROOT = "rsync did not run as root, so owners, ACLs and attributes were neither copied nor compared."


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is to be sent.

    Attributes:
        folder: of the volume.
        module: of the server.
        files: keys and settings.
        options: of rsync.
        prove: whether both sides are compared afterwards.
        result: where to write how it went.
    """

    folder: Path
    module: str
    files: Path
    options: rsync.Options
    prove: bool
    result: Path


def options(left_out: set[str], extras: Iterable[str], *, checksum: bool, is_root: bool, bandwidth: int | None) -> rsync.Options:
    """The options of rsync, from those of the verb."""
    return rsync.Options(
        archive="archive" not in left_out,
        hard_links="hard-links" not in left_out,
        partial="partial" not in left_out,
        delete="delete" not in left_out,
        attributes="attributes" not in left_out and is_root,
        checksum=checksum,
        sparse="sparse" not in left_out,
        folder_times=is_root,
        bandwidth_kib_s=bandwidth,
        extras=tuple(extras),
    )


def run(work: Work) -> int:
    """Sends; the exit code of the process."""
    logs.configure("send-volume")
    log = logs.get(module=work.module)
    try:
        sent, code = asyncio.run(_send(work)), 0
        log.info("volume sent", files=sent.files, bytes=sent.total_bytes, sent=sent.sent_bytes, differences=sent.differences)
    except errors.MoverError as error:
        sent, code = Sent(reason=error.reason, message=str(error)), error.exit_code
        log.warning("volume not sent", reason=error.reason, error=str(error))
    # Its limit is in bytes, and names may be in any script.
    work.result.write_bytes(sent.to_json().encode())
    return code


async def _send(work: Work) -> Sent:
    server = rsync.Server(
        module=work.module,
        user="root",
        password=(work.files / "password").read_text(encoding="ascii").strip(),
        connect=f"stunnel {work.files / 'stunnel.conf'}",
    )
    mover, began = rsync.Rsync(), time.monotonic()
    copied = await mover.send(work.folder, server, work.options, on_progress=_Told())
    sent = Sent(copied=True, files=copied.files, total_bytes=copied.total_bytes, sent_bytes=copied.sent_bytes)
    mean = copied.sent_bytes / max(time.monotonic() - began, 0.001)
    print(sending.progress_line(done_bytes=copied.total_bytes, total_bytes=copied.total_bytes, rate_bytes_s=mean), flush=True)
    if not work.prove:
        return sent
    found = sent

    def tell(difference: Difference) -> None:
        nonlocal found
        found = found.with_difference(difference.path, difference.what)

    try:
        _, differences = await mover.compare(work.folder, server, work.options, on_difference=tell)
    except errors.MoverError as error:
        # Everything has arrived: that nobody knows whether it is the same is told, and copying again would not help.
        return sent.model_copy(update={"reason": error.reason, "message": str(error)})
    if not work.options.folder_times:
        # Who is not root is served outside of a chroot, where comparing would find nothing wrong with them.
        for path in await asyncio.to_thread(lambda: list(rsync.bent_links(work.folder))):
            tell(Difference(path, ("its target was changed: it leaves the volume",)))
            differences += 1
        found = found.model_copy(update={"message": _NOT_ROOT})
    return found.model_copy(update={"compared": True, "differences": differences})


class _Told:
    """Writes how far a copy is, now and then."""

    def __init__(self) -> None:
        self._at, self._bytes = time.monotonic(), 0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._at < _TELL_S:
            return
        rate = max(0, progress.done_bytes - self._bytes) / (now - self._at)
        self._at, self._bytes = now, progress.done_bytes
        line = sending.progress_line(done_bytes=progress.done_bytes, total_bytes=progress.total_bytes, rate_bytes_s=rate)
        print(line, flush=True)
