"""What people read in an archive: the summary, and the objects of each plan. Made of the archive alone."""

import asyncio
import threading

from mtc.gather import layout, plans, summary
from mtc.gather.folder import Folder
from mtc.gather.last_look import LastLook
from mtc.gather.reader import Archive


async def write(archive: Archive, written: Folder, last: LastLook) -> None:
    """Writes it, and meanwhile looks through what was there before. Raises errors.Leak."""
    files, stop = await plans.files(archive.sites, namespace=archive.namespace), threading.Event()
    # In threads, because making many small files and waiting for the other process take longer than to think of what is in them.
    work = (asyncio.to_thread(last.go_on_beside), asyncio.to_thread(_write, files, written, stop))
    others = [asyncio.ensure_future(one) for one in work]
    try:
        page = await summary.page(archive)
        await asyncio.shield(asyncio.gather(*others))
    finally:
        # Whoever is interrupted takes the folder away: nobody may read it or write into it any more.
        stop.set()
        last.stop()
        await asyncio.wait(others)
    written.write(layout.SUMMARY, page)
    last.go_on()


def _write(files: list[tuple[str, bytes]], written: Folder, stop: threading.Event) -> None:
    for name, data in files:
        if stop.is_set():
            return
        written.write(name, data)
