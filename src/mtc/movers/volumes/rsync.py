"""Volume data through rsync: from a folder into a module of an rsync server, and the same two compared.

The server is reached through whatever program `connect` names (stunnel), so data and password travel inside of TLS. Comparing is a copy
that changes nothing and reads the content of every file on both sides.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mtc.movers import errors, processes, roots
from mtc.movers.volumes.compare import Difference
from mtc.movers.volumes.port import OnProgress, Progress, ignore_progress

#: Exit codes of rsync.
_VANISHED, _PARTIAL = 24, 23
_SOCKET, _PROTOCOL, _TIMED_OUT, _NO_CONNECTION = 10, 12, 30, 35
_UNREACHABLE = frozenset({_SOCKET, _PROTOCOL, _TIMED_OUT, _NO_CONNECTION, 5})
#: A connection on which nothing has moved for so long is given up.
_IO_TIMEOUT_S = 3600
_CONNECT_TIMEOUT_S = 20
_PROGRESS = re.compile(rb"^\s*(\d+)\s+(\d+)%\s")
_FILES = re.compile(rb"^Number of files: (\d+)")
_BYTES = re.compile(rb"^Total file size: (\d+) bytes")
_SENT = re.compile(rb"^Total transferred file size: (\d+) bytes")
_ITEM = re.compile(rb"^(\*deleting|[<>ch.*][fdLDS][.+?a-zA-Z]{9,10})\s(.*)$")
_ITEM_PARTS = {2: "content", 3: "size", 4: "time", 5: "mode", 6: "owner", 7: "group", 9: "ACL", 10: "attributes"}
_ROOT_FOLDER = re.compile(r'failed to set (permissions|times|mtime) on "\."|"\." failed')
_OPTION = re.compile(r"-{1,2}([a-z0-9]+-)*[a-z0-9]+(=.*)?")


@dataclass(frozen=True, kw_only=True)
class Options:
    """How rsync copies; the defaults keep everything.

    Attributes:
        archive: owners, modes, times, links and devices.
        hard_links: files with several names stay one file.
        partial: what was copied of a file stays when the connection breaks.
        delete: what the source does not have goes.
        attributes: ACLs and extended attributes; only root can give all of them.
        checksum: files count as the same by their content, not by size and time.
        sparse: holes stay holes.
        folder_times: folders get their times; only their owner can give them.
        bandwidth_kib_s: the most; None for no limit.
        extras: further options.
    """

    archive: bool = True
    hard_links: bool = True
    partial: bool = True
    delete: bool = True
    attributes: bool = True
    checksum: bool = False
    sparse: bool = True
    folder_times: bool = True
    bandwidth_kib_s: int | None = None
    extras: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """The options as rsync takes them."""
        archive = ["--recursive", "--links", "--perms", "--times", "--devices", "--specials", "--owner", "--group", "--numeric-ids"]
        chosen = {
            "--hard-links": self.hard_links,
            "--partial": self.partial,
            "--delete": self.delete,
            "--checksum": self.checksum,
            "--sparse": self.sparse,
            "--no-inplace": self.sparse,
            "--omit-dir-times": not self.folder_times,
        }
        found = archive if self.archive else ["--recursive"]
        found += [name for name, wanted in chosen.items() if wanted]
        if self.attributes:
            # It belongs to the node and the namespace of a pod, not to the data.
            found += ["--acls", "--xattrs", f"--filter=-x {roots.SELINUX_XATTR}"]
        if self.bandwidth_kib_s:
            found.append(f"--bwlimit={self.bandwidth_kib_s}")
        return [*found, *self.extras]


def usable(extras: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Options that a person has written in one line: those that rsync is given, and those that are none."""
    words = extras.split()
    good = tuple(word for word in words if _OPTION.fullmatch(word))
    return good, tuple(word for word in words if word not in good)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A module of an rsync server.

    Attributes:
        module: its name.
        user: who may write to it.
        password: with which.
        connect: the command line of the program through which it is reached.
    """

    module: str
    user: str
    password: str = field(repr=False)
    connect: str

    def url(self) -> str:
        """Where rsync writes to; the host is the business of the program in between."""
        return f"rsync://{self.user}@localhost/{self.module}"


@dataclass(frozen=True)
class Copied:
    """What a copy came to.

    Attributes:
        files: entries of the volume.
        total_bytes: size of all files.
        sent_bytes: size of those that were sent, whole or in part.
    """

    files: int = 0
    total_bytes: int = 0
    sent_bytes: int = 0


@dataclass
class _Report:
    """What rsync has said so far."""

    on_progress: OnProgress = ignore_progress
    on_difference: Callable[[Difference], None] | None = None
    files: int = 0
    total_bytes: int = 0
    sent_bytes: int = 0
    differences: int = 0

    def line(self, line: bytes) -> None:
        if found := _PROGRESS.match(line):
            done, percent = int(found[1]), int(found[2])
            self.on_progress(Progress(total_bytes=max(done, done * 100 // percent if percent else done), done_bytes=done))
        elif self.on_difference and (item := _ITEM.match(line)):
            self.differences += 1
            self.on_difference(_difference(item[1].decode(), item[2]))
        else:
            for name, pattern in (("files", _FILES), ("total_bytes", _BYTES), ("sent_bytes", _SENT)):
                if found := pattern.match(line):
                    setattr(self, name, int(found[1]))


class Rsync:
    """The rsync mover.

    Args:
        program: name or path of rsync 3.2 or later.
    """

    def __init__(self, *, program: str = "rsync") -> None:
        self._program = program

    async def send(self, folder: Path, server: Server, options: Options, *, on_progress: OnProgress = ignore_progress) -> Copied:
        """Makes the module what the folder is.

        Files that vanish while they are being copied are no error: an application that runs takes some away.

        Raises:
            errors.Unreachable: the server gives no answer.
            errors.Denied: it does not take the password.
            errors.NoSpace: the volume behind the module is full.
            errors.Incomplete: some files could not be read or written.
        """
        report = _Report(on_progress=on_progress)
        ended = await self._run(folder, server, [*options.arguments(), "--info=progress2"], report)
        # Whose folder a volume is mounted at only root can change, and nobody else has to.
        root_only = not options.folder_times and ended.code == _PARTIAL and _is_about_the_root_folder(ended.tail)
        if ended.code not in {0, _VANISHED} and not root_only:
            raise _failure(ended, doing="copying")
        return Copied(report.files, report.total_bytes, report.sent_bytes)

    async def compare(
        self, folder: Path, server: Server, options: Options, *, on_difference: Callable[[Difference], None]
    ) -> tuple[Copied, int]:
        """Holds the module against the folder, content included; how much was compared, and how many entries differ.

        Raises:
            errors.MoverError: as `send`.
        """
        report = _Report(on_difference=on_difference)
        words = [*options.arguments(), "--checksum", "--dry-run", "--itemize-changes", "--out-format=%i %n"]
        ended = await self._run(folder, server, words, report)
        if ended.code:
            raise _failure(ended, doing="comparing")
        return Copied(report.files, report.total_bytes), report.differences

    async def _run(self, folder: Path, server: Server, words: list[str], report: _Report) -> processes.Ended:
        own = [f"--exclude=/{roots.LOST_AND_FOUND}"] if roots.lost_and_found(folder) else []
        argv = [
            self._program,
            *words,
            *own,
            "--stats",
            "--no-human-readable",
            "--outbuf=L",
            # While a large file is read for its checksum nothing is said for as long as that takes; the tunnel notices a dead connection.
            f"--timeout={0 if '--checksum' in words else _IO_TIMEOUT_S}",
            f"--contimeout={_CONNECT_TIMEOUT_S}",
            f"{folder}/",
            server.url(),
        ]
        env = {"PATH": os.environ.get("PATH", os.defpath), "RSYNC_PASSWORD": server.password, "RSYNC_CONNECT_PROG": server.connect}
        return await processes.run(argv, env={**env, "LC_ALL": "C.UTF-8"}, on_line=report.line)


def _is_about_the_root_folder(tail: str) -> bool:
    # The last line of rsync only counts, and the tunnel has words of its own.
    said = [part for part in tail.split(" | ") if not part.startswith("rsync error:") and "LOG" not in part]
    return bool(said) and all(_ROOT_FOLDER.search(part) for part in said)


def bent_links(folder: Path) -> Iterator[str]:
    """Links that a server outside of a chroot changes: those with an absolute target, or one above the volume. Blocking."""
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            if path.is_symlink() and ((target := str(path.readlink())).startswith("/") or ".." in Path(target).parts):
                yield os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace")


def _difference(item: str, path: bytes) -> Difference:
    shown = path.decode("utf-8", "backslashreplace").rstrip("/") or "."
    if item == "*deleting":
        return Difference(shown.lstrip(), ("it is not in the source",))
    if "+++" in item:
        return Difference(shown, ("it is missing",))
    parts = [what for place, what in _ITEM_PARTS.items() if len(item) > place and item[place] not in ". "]
    return Difference(shown, tuple(f"{what} differs" for what in parts) or ("it differs",))


def _failure(ended: processes.Ended, *, doing: str) -> errors.MoverError:
    # The tunnel says this at the end of each connection that rsync has closed.
    tail = " | ".join(part for part in ended.tail.split(" | ") if "TIMEOUTclose" not in part)
    words = tail.lower()
    said = processes.said(tail)
    if "auth failed" in words or "certificate verify failed" in words or "certificate required" in words:
        return errors.Denied(f"The rsync server does not let the sender in.{said}")
    if "no space left" in words or "disk quota exceeded" in words:
        return errors.NoSpace(f"The volume on the target is full. Make it larger, and migrate again.{said}")
    if ended.code in _UNREACHABLE:
        return errors.Unreachable(f"The rsync server on the target cannot be reached, or the connection broke.{said}")
    if ended.code == _PARTIAL:
        return errors.Incomplete(f"Some files could not be read or written while {doing} the volume.{said}", files=())
    if ended.code < 0:
        return errors.Killed(f"rsync was ended by signal {-ended.code} while {doing} the volume.{said}")
    return errors.Failed(f"rsync ended with exit code {ended.code} while {doing} the volume.{said}")
