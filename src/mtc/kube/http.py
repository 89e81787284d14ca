"""The HTTP library, imported without the system's trusted roots.

It makes a TLS context of them while it is imported, which takes a tenth of a second of every command. Nothing here uses that context:
each connection by TLS has its own, see `access.tls_context`. Use it as `from mtc.kube.http import aiohttp`.
"""

import os

_ROOTS = "SSL_CERT_FILE"
_given = os.environ.get(_ROOTS)
os.environ[_ROOTS] = os.devnull
try:
    import aiohttp
finally:
    del os.environ[_ROOTS]
    if _given is not None:
        os.environ[_ROOTS] = _given

__all__ = ["aiohttp"]
