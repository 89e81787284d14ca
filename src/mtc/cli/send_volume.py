"""`mtc send-volume`: a volume straight to another cluster, from within a pod."""

from pathlib import Path
from typing import Annotated

import typer

SECTION = "Install and run"


def register(top: typer.Typer) -> None:
    """Adds the verb."""

    @top.command("send-volume")
    def send_volume(
        folder: Annotated[Path, typer.Argument(help="The folder that the volume is mounted at.")],
        *,
        module: Annotated[str, typer.Option(help="Module of the rsync server that the volume is sent to.")],
        files: Annotated[Path, typer.Option(help="Folder with the keys and settings of this copy.")],
        option: Annotated[list[str] | None, typer.Option(help="An option of rsync; may be given again.")] = None,
        without: Annotated[
            list[str] | None, typer.Option(help="Leave out: archive, hard-links, partial, delete, attributes, sparse.")
        ] = None,
        checksum: Annotated[bool, typer.Option("--checksum", help="Compare files by their content before they are sent.")] = False,
        no_root: Annotated[bool, typer.Option("--no-root", help="The sender is not root: times of folders are left alone.")] = False,
        bandwidth: Annotated[int | None, typer.Option(min=0, help="Most KiB in a second.")] = None,
        prove: Annotated[bool, typer.Option("--prove", help="Compare both sides when everything is sent.")] = False,
        result: Annotated[Path, typer.Option(help="Where to write how it ended.")] = Path("/dev/termination-log"),
    ) -> None:
        """Send a volume to the rsync server of a direct volume migration, and compare both sides. Pods of such a migration run it."""
        from mtc.cli import _send

        left_out = set(without or ())
        work = _send.Work(
            folder=folder,
            module=module,
            files=files,
            options=_send.options(left_out, option or (), checksum=checksum, is_root=not no_root, bandwidth=bandwidth),
            prove=prove,
            result=result,
        )
        raise typer.Exit(_send.run(work))
