"""The configuration files of rsync and stunnel at both ends. Pure.

The server of rsync listens inside of its pod only; the tunnel in front of it is what can be reached. A sender needs no port at all:
rsync starts a tunnel for its connection, and both end together.
"""

from collections.abc import Iterable
from urllib.parse import SplitResult

from mtc.api.migration.directvolumemigration import PvcToMigrate
from mtc.migration.direct.volumes.keys import SERVER_NAME, Keys

RSYNC_PORT = 8730
TUNNEL_PORT = 2222
USER = "root"
#: Where pods have these files, and where volumes are mounted.
FILES = "/etc/mtc-rsync"
VOLUMES = "/mnt"


def folder(namespace: str, module: str) -> str:
    """Where a pod mounts a volume."""
    return f"{VOLUMES}/{namespace}/{module}"


def server_files(namespace: str, modules: Iterable[str], keys: Keys, *, is_root: bool, verify: int) -> dict[str, str]:
    """What the receiving pod of a namespace has in its folder of files.

    Args:
        namespace: where it is.
        modules: one for each volume.
        keys: of this copy.
        is_root: whether rsync runs as root.
        verify: how strictly senders' certificates are checked, stunnel's levels.
    """
    # Outside of a chroot, which only root can enter, rsync takes the leading slash off links that it is given.
    user = ["use chroot = yes", "uid = root", "gid = root"] if is_root else ["use chroot = no"]
    lines = [
        *user,
        "munge symlinks = no",
        "numeric ids = yes",
        "list = no",
        "hosts allow = localhost 127.0.0.1 ::1",
        f"auth users = {USER}",
        f"secrets file = {FILES}/rsyncd.secrets",
        # The files of a Secret can be read by the pod's group.
        "strict modes = no",
        "read only = no",
        "timeout = 0",
    ]
    for module in modules:
        lines += [f"[{module}]", f"    path = {folder(namespace, module)}"]
    tunnel = [
        *_tunnel(),
        "[rsync]",
        f"accept = {TUNNEL_PORT}",
        f"connect = 127.0.0.1:{RSYNC_PORT}",
        f"cert = {FILES}/tls.crt",
        f"key = {FILES}/tls.key",
        *_checking(verify),
        "TIMEOUTclose = 0",
    ]
    return {
        "rsyncd.conf": _text(lines),
        "rsyncd.secrets": f"{USER}:{keys.password}\n",
        "stunnel.conf": _text(tunnel),
        "tls.crt": keys.server_certificate,
        "tls.key": keys.server_key,
        "ca.crt": keys.authority,
    }


def sender_files(host: str, port: int, keys: Keys, *, verify: int, proxy: SplitResult | None) -> dict[str, str]:
    """What the sending pods of a namespace have.

    Args:
        host: where the receiving end is reached.
        port: at which port.
        keys: of this copy.
        verify: how strictly the receiver's certificate is checked, stunnel's levels.
        proxy: an HTTP proxy through which the way leads.
    """
    named = f"[{host}]" if ":" in host else host
    way = [f"connect = {named}:{port}"]
    if proxy is not None:
        way = [f"connect = {proxy.hostname}:{proxy.port or 3128}", "protocol = connect", f"protocolHost = {named}:{port}"]
        if proxy.username:
            way += [f"protocolUsername = {proxy.username}", f"protocolPassword = {proxy.password or ''}"]
    lines = [
        *_tunnel(),
        "client = yes",
        *way,
        f"sni = {host}",
        f"cert = {FILES}/tls.crt",
        f"key = {FILES}/tls.key",
        *_checking(verify),
        *([f"checkHost = {SERVER_NAME}"] if verify else []),
        "TIMEOUTclose = 0",
    ]
    return {
        "password": keys.password,
        "stunnel.conf": _text(lines),
        "tls.crt": keys.client_certificate,
        "tls.key": keys.client_key,
        "ca.crt": keys.authority,
    }


def module_of(claim: PvcToMigrate) -> str:
    """The name of the module for a claim; a claim may be called as a section of the file that means something else."""
    return f"v-{claim.target_name or claim.name}"


def _tunnel() -> list[str]:
    # Copying may be silent for hours; a peer that is gone is noticed by the keepalives of TCP.
    alive = [f"socket = {side}:{option}" for side in "lr" for option in ("SO_KEEPALIVE=1", "TCP_KEEPIDLE=60", "TCP_KEEPINTVL=30")]
    return ["foreground = yes", "pid =", "syslog = no", "debug = warning", "sslVersionMin = TLSv1.2", "TIMEOUTidle = 604800", *alive]


def _checking(verify: int) -> list[str]:
    return [f"verify = {verify}", f"CAfile = {FILES}/ca.crt"] if verify else []


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
