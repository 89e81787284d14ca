"""What a secret looks like to somebody who does not know it: by the name that it stands under, or by its form. Pure."""

import functools
import math
import re
from collections import Counter

#: In the name of a key, a variable, an option.
_SECRET_NAME = re.compile(
    r"passw(?:or)?d|passphrase|passcode|\bpwd\b|_pwd|secret|token|api[-_.]?key|access[-_.]?key|account[-_.]?key|private[-_.]?key|"
    r"encryption[-_.]?key|signing[-_.]?key|ssh[-_.]?key|credential|\bcreds?\b|authorization|\bauth\b|\bcookie\b|bearer|session[-_.]?id|"
    r"connection[-_.]?string|client[-_.]?key[-_.]?data|signature|\bsig\b|\bdsn\b|\bpass\b|_pass\b|kubeconfig|saToken",
    re.IGNORECASE,
)
#: A name that ends so says where a secret is, or how long it holds, and not what it is.
_NOT_THE_SECRET = re.compile(
    r"(?:names?|refs?|reference|namespace|path|paths|file|files|dir|type|kind|mode|seconds|policy|mount|mounts|"
    r"url|provider|expir\w*|audience|version|keys|count|size|enabled|hash|checksum|uid)$",
    re.IGNORECASE,
)
# Each of these patterns goes over a text once, however long a word in it is: a word begins where none goes on, and what was taken of it is
# not given back. Others took hours for a value of a megabyte without a blank.
_SAYS_SO = (
    r"(?:passw(?:or)?d|passphrase|pwd|secret|token|api[-_]?key|access[-_]?key|account[-_]?key|private[-_]?key|credential|\bauth|_pass|\bpass|"
    r"cookie|signature|\bsig|\bdsn|session[-_]?id)"
)
#: What says so is in the last part of a path.
_NAME = rf"(?:[\w.\-]*+/)*+(?=[\w.\-]*{_SAYS_SO})[\w.\-]*+"
_BEGINS = r"(?<![\w.\-/])"
ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_][\w.\-]*+(?: ++[\w.\-]++)*+)\s*+[=:]\s*(?P<value>\S.*)$")
#: Nobody's scheme is longer.
URL_WITH_USER = re.compile(r"(?P<start>[A-Za-z][A-Za-z0-9+.\-]{0,30}+://(?:[^\s/:@\"'<>]*+):)(?P<password>[^\s/\"'<>]+)(?=@)")
#: name=value in arguments, queries, and what programs print; a quoted value may hold spaces.
PAIR = re.compile(
    rf"(?P<start>(?P<name>{_BEGINS}{_NAME})[\"']?\s*+=\s*)(?P<value>\"(?:[^\"\\]|\\.)*\"|'[^']*'|\\\"[^\"\\]*\\\"|[^\s\"'&,;)}}\]<>]+)",
    re.IGNORECASE,
)
#: name: value where it is a line of its own, as in YAML, or quoted, as in JSON.
LINE = re.compile(
    rf"(?P<start>(?:^|\n|[{{,])[^\S\n]*+(?:-[^\S\n]*+)?\\?[\"']?(?P<name>{_NAME})\\?[\"']?\s*+:\s+?)"
    r"(?P<value>\\?\"(?:[^\"\\]|\\[^\"])*\\?\"|[^\s{\[][^\n]*)",
    re.IGNORECASE,
)
COLON = re.compile(rf"(?P<start>(?P<name>{_BEGINS}{_NAME})[\"']?\s*+:\s*)(?P<value>[^\s\"',;&<>{{\[]{{6,}})", re.IGNORECASE)
OPTION = re.compile(rf"(?P<start>(?:^|\s)(?P<name>--?{_NAME})\s++)(?P<value>[^\s\-]\S*)", re.IGNORECASE)
SCHEME = re.compile(r"(?P<start>\b(?:Bearer|Basic|Digest|AWS4-HMAC-SHA256|SharedKey)\s+)(?P<value>[A-Za-z0-9._~+/=\-]{8,})", re.IGNORECASE)
TOKEN = re.compile(
    r"\beyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]*)?|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|"
    r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bxox[abprs]-[A-Za-z0-9\-]{10,}|\bglpat-[A-Za-z0-9_\-]{16,}|\bsha256~[A-Za-z0-9_\-]{20,}"
)
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
#: Long runs of letters and digits, as keys and base64 are; certificates, which are public, in one piece.
CERTIFICATE = "-----BEGIN CERTIFICATE-----"
RUN = re.compile(rf"{CERTIFICATE}[A-Za-z0-9+/=\s\\]+-----END CERTIFICATE-----|[A-Za-z0-9+/_=\-]{{20,}}")
_CERTIFICATE = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS"
#: Random base64 of 20 characters has 3.8 to 4.3 bits a character; words and names have less, or no digits among capitals.
_BITS = 3.6


#: Texts without any of these need no look for names of secrets.
_HINTS = ("pass", "pwd", "secret", "token", "key", "cred", "auth", "cookie", "dsn", "session", "bearer", "basic", "digest", "hmac")
_SIGNATURE = re.compile(r"signature|\bsig")
_HINT = re.compile(rf"{'|'.join(_HINTS)}|{_SIGNATURE.pattern}", re.IGNORECASE)


def is_hint(text: str) -> bool:
    """Whether a text has a word that a secret may stand behind."""
    if not text.isascii():
        # Letters of other scripts may stand for those of a word.
        return bool(_HINT.search(text))
    small = text.lower()
    # Word by word is a hundred times faster than all of them at each letter.
    return any(word in small for word in _HINTS) or ("sig" in small and bool(_SIGNATURE.search(small)))


@functools.lru_cache(maxsize=65_536)
def is_secret_name(name: str) -> bool:
    """Whether what stands under a name is a secret."""
    return bool(_SECRET_NAME.search(name)) and not _NOT_THE_SECRET.search(name)


def looks_like_key(text: str, *, shortest: int = 20) -> bool:
    """Whether a run of characters is too random for a name: capitals, small letters and digits without an order."""
    # A path has slashes too, but none of its parts is random.
    text = max(text.split("/"), key=len)
    if len(text) < shortest or text.startswith(_CERTIFICATE) or not RUN.fullmatch(text.ljust(20, "A")):
        return False
    if not (re.search("[a-z]", text) and re.search("[A-Z]", text) and re.search("[0-9]", text)):
        return False
    return bits(text) >= min(_BITS, math.log2(len(text)) * 0.85)


def bits(text: str) -> float:
    """Shannon's entropy of a text, in bits a character."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values())
