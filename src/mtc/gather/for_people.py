"""What people read in an archive: the summary, and the objects of each plan. Made of the archive alone."""

import asyncio

from mtc.gather import layout, plans, summary
from mtc.gather.folder import Folder
from mtc.gather.last_look import LastLook
from mtc.gather.reader import Archive


async def write(archive: Archive, written: Folder, last: LastLook) -> None:
    """Writes it, and meanwhile looks through what was there before. Raises errors.Leak."""
    files = await plans.files(archive.sites, namespace=archive.namespace)
    # To make many small files takes longer than to think of what is in them.
    page, _ = await asyncio.gather(summary.page(archive), asyncio.to_thread(_write, files, written, last))
    written.write(layout.SUMMARY, page)
    last.go_on()


def _write(files: list[tuple[str, bytes]], written: Folder, last: LastLook) -> None:
    for name, data in files:
        written.write(name, data)
    last.go_on()
