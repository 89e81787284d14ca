"""Images by skopeo: copied from registry to registry, and looked up.

A copy takes the image whole, with all architectures, under its own digest; layers that the target has are not sent again. Only
what the target says afterwards counts. Trouble that passes by itself (no answer, a registry that is busy or restarts) is tried
again here; everything else is told at once:

    MoverError
    ├── ProgramMissing   skopeo is not installed
    ├── ImageNotFound    the registry has no such image
    ├── NotArrived       skopeo was content, and the target has something else or nothing
    ├── Altered          the target takes the image only in another form, with another digest
    ├── Denied           the registry does not accept the login, or it lacks a right
    ├── NoSpace          the registry, or the machine, is full
    ├── Unreachable      the registry gives no answer, or none that it should
    ├── TimedOut         the program ran past its deadline
    ├── Killed           it was ended by a signal that we did not send
    └── Failed           anything else that skopeo reports

Logins go by files that are private to us and gone with the call: never on a command line, and never into a message.
"""

import base64
import hashlib
import os
import re
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import orjson
import stamina

from mtc.movers import errors, processes
from mtc.movers.images.port import Login

T = TypeVar("T")

#: A registry that restarts is back within half a minute: six tries, with pauses that grow up to ten seconds, last about as long.
_TRIES = 6
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 10.0
_PASSING = (errors.Unreachable,)
#: An image of 100 GiB at 10 MB/s takes three hours; what takes longer hangs.
_COPY_DEADLINE_S = 4 * 3600.0
#: A look-up reads a few kilobytes.
_LOOK_DEADLINE_S = 60.0
#: Ways through proxies, and certificates that are trusted; nothing else of our environment concerns skopeo.
_KEPT = re.compile(r"(?i)(?:https?|all|no)_proxy$|PATH$|SSL_CERT_(?:FILE|DIR)$|TMPDIR$|LANG$")

#: What stands in front of the words of a log line.
_LOG_HEAD = re.compile(r'time="[^"]*" level=\w+ msg=')
_ABSENT = re.compile(
    r"(?i)manifest unknown|name unknown|repository name not known|name_unknown|manifest_unknown|(?:status|code)[^|]*\b404\b"
)
_PATTERNS: tuple[tuple[re.Pattern[str], type[errors.MoverError], str], ...] = (
    (re.compile(r"(?i)unauthorized|authentication required|invalid username/password|denied|forbidden|\b40[13]\b"),
     errors.Denied, "The registry refuses the login: check the token of the MigCluster and its rights on images."),
    (re.compile(r"(?i)no space left on device|disk quota exceeded|insufficient storage|\b507\b|exceeded quota"),
     errors.NoSpace, "There is no space left: make the storage of the registry larger, or free space in it."),
    (re.compile(r"to preserve digests"),
     errors.Altered, "The target takes it only in another form, in which nobody finds it by its digest: build it anew with a tool of today."),
    (re.compile(r"(?i)x509|certificate"),
     errors.Failed, "The certificate of the registry is not trusted: give it one that is, or correct its host."),
    (re.compile(r"(?i)connection refused|connection reset|broken pipe|no such host|i/o timeout|deadline exceeded|timeout|no route to host"
                r"|unreachable|\bEOF\b|too ?many ?requests|\b429\b|\b5\d\d\b|unavailable|bad gateway|internal server error|unknown blob"
                r"|blob upload (?:unknown|invalid)"),
     errors.Unreachable, "The registry gives no answer, or none that it should: check its host, the network and its pods."),
)  # fmt: skip


async def copy(  # noqa: PLR0913 - one word for each side
    *,
    source: str,
    target: str,
    source_login: Login | None,
    target_login: Login | None,
    verify_source_tls: bool = True,
    verify_target_tls: bool = True,
    keeps_digest: bool = False,
) -> str:
    """The digest that arrived, looked up at the target; the image with all its architectures.

    Args:
        source: where from, `host[:port]/path/name:tag` or `…@sha256:…`.
        target: where to, with a tag.
        source_login: who asks the source; None for nobody in particular.
        target_login: the same of the target.
        verify_source_tls: whether the source must have a certificate that is trusted.
        verify_target_tls: the same of the target.
        keeps_digest: whether it must have the digest of the original there, by which others name it.

    Raises:
        errors.MoverError: see above.
    """
    what = f"Image {source} was not copied to {target}."
    words = [f"--src-tls-verify={_flag(verify_source_tls)}", f"--dest-tls-verify={_flag(verify_target_tls)}"]
    words += ["--remove-signatures", *(["--preserve-digests"] if keeps_digest else [])]
    sent = await _again(lambda: _send(source, target, source_login, target_login, words, what))
    repository = _repository(target)
    arrived = await _manifest(target, login=target_login, verify_tls=verify_target_tls)
    known = arrived if arrived is None or _digest(arrived) == sent else None
    if known is None and arrived is not None:
        # Old forms of manifests have a digest of a part of themselves, which only the registry knows.
        by_digest = await _manifest(f"{repository}@{sent}", login=target_login, verify_tls=verify_target_tls)
        known = arrived if by_digest == arrived else None
    if known is None:
        has = f"{_digest(arrived)} there" if arrived is not None else "nothing of that name"
        msg = f"{what} It was sent as {sent}, and the target has {has}. Somebody else may push to it: look at the registry, and try again."
        raise errors.NotArrived(msg)
    return sent


async def digest(image: str, *, login: Login | None, verify_tls: bool = True) -> str | None:
    """The digest under which a registry has an image, None where it has none of that name.

    Args:
        image: which one, `host[:port]/path/name:tag` or `…@sha256:…`.
        login: who asks.
        verify_tls: whether the registry must have a certificate that is trusted.

    Raises:
        errors.MoverError: see above.
    """
    found = await _manifest(image, login=login, verify_tls=verify_tls)
    if found is None:
        return None
    asked = image.rpartition("@")[2] if "@" in image else ""
    # skopeo has compared what it got with what it asked for.
    return asked or _digest(found)


async def _send(source: str, target: str, source_login: Login | None, target_login: Login | None, more: list[str], what: str) -> str:
    """The digest as skopeo has sent it."""
    with _folder() as folder:
        words = [
            *_start(folder), "copy", "--all", "--quiet", *more,
            "--src-authfile", _auth_file(folder, "source", source, source_login),
            "--dest-authfile", _auth_file(folder, "target", target, target_login),
            "--digestfile", str(folder / "digest"),
            _docker(source), _docker(target),
        ]  # fmt: skip
        ended = await processes.run(words, env=_env(folder), deadline_s=_COPY_DEADLINE_S)
        if ended.code:
            raise _error(what, ended, (source_login, target_login))
        return (folder / "digest").read_text(encoding="utf-8").strip()


async def _manifest(image: str, *, login: Login | None, verify_tls: bool) -> bytes | None:
    """The manifest, or list of manifests, byte for byte; None where the registry has none."""

    async def look() -> bytes | None:
        pieces: list[bytes] = []
        with _folder() as folder:
            words = [*_start(folder), "inspect", "--raw", "--authfile", _auth_file(folder, "registry", image, login)]
            words += [f"--tls-verify={_flag(verify_tls)}", _docker(image)]
            ended = await processes.run(words, env=_env(folder), on_output=pieces.append, deadline_s=_LOOK_DEADLINE_S)
        if not ended.code:
            return b"".join(pieces)
        error = _error(f"Image {image} could not be looked up.", ended, (login,))
        if isinstance(error, errors.ImageNotFound):
            return None
        raise error

    return await _again(look)


async def _again(work: Callable[[], Awaitable[T]]) -> T:
    """What the work gives, tried again while what keeps it passes by itself."""
    async for attempt in stamina.retry_context(
        on=_PASSING, attempts=_TRIES, timeout=None, wait_initial=_FIRST_PAUSE_S, wait_max=_LONGEST_PAUSE_S
    ):
        with attempt:
            return await work()
    raise AssertionError  # the last try raises


def _start(folder: Path) -> list[str]:
    # What the machine has by way of rules (mirrors, signatures that it wants, places of signatures) is for its own images.
    return ["skopeo", "--insecure-policy", "--registries.d", str(folder / "rules")]


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mtc-image-") as name:
        folder = Path(name)
        (folder / "rules").mkdir()
        (folder / "registries.conf").touch()
        yield folder


def _env(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if _KEPT.fullmatch(key)}
    own = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "CONTAINERS_REGISTRIES_CONF": str(folder / "registries.conf")}
    return kept | own


def _auth_file(folder: Path, name: str, image: str, login: Login | None) -> str:
    """A file with the login and no other; without one it is empty, so that skopeo does not look elsewhere."""
    auths = {}
    if login is not None:
        auths[_bare(image).partition("/")[0]] = {"auth": base64.b64encode(f"{login.user}:{login.password}".encode()).decode()}
    path = folder / f"{name}.json"
    path.touch(mode=0o600)
    path.write_bytes(orjson.dumps({"auths": auths}))
    return str(path)


def _error(what: str, ended: processes.Ended, logins: tuple[Login | None, ...]) -> errors.MoverError:
    if ended.code < 0:
        return errors.Killed(f"{what} skopeo was ended by signal {-ended.code}. Was the machine short of memory?")
    tail = _LOG_HEAD.sub("", ended.tail)
    for login in logins:
        if login is not None and login.password:
            tail = tail.replace(login.password, "…")
    if _ABSENT.search(tail):
        return errors.ImageNotFound(f"{what} The registry has no such image.{processes.said(tail)}")
    for pattern, kind, hint in _PATTERNS:
        if pattern.search(tail):
            return kind(f"{what} {hint}{processes.said(tail)}")
    return errors.Failed(f"{what} skopeo ended with exit code {ended.code}.{processes.said(tail)}")


def _digest(manifest: bytes) -> str:
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def _bare(image: str) -> str:
    return image.removeprefix("docker://")


def _docker(image: str) -> str:
    return f"docker://{_bare(image)}"


def _repository(image: str) -> str:
    """The reference without tag or digest."""
    bare = _bare(image).partition("@")[0]
    path, colon, last = bare.rpartition(":")
    return path if colon and "/" not in last else bare


def _flag(value: bool) -> str:  # noqa: FBT001 - one word
    return "true" if value else "false"
