"""The secrets of one direct copy: a password for rsync, and an authority of its own that vouches for both ends of the tunnel.

They are made once and kept in a Secret beside the DirectVolumeMigration, so that both clusters get the same ones however often the
controller begins again; what goes to the clusters are the parts that each end needs. Nobody else is vouched for by that authority, so a tunnel
lets in the senders of this copy and nobody else.
"""

import datetime as dt
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

#: Copies of large volumes take days; the keys go with the copy.
_VALID = dt.timedelta(days=397)
#: Clocks of clusters differ.
_SKEW = dt.timedelta(hours=24)
_PASSWORD_LENGTH = 32
#: The name that the certificate of the receiving end has, whatever address it is reached at.
SERVER_NAME = "directvolumemigration-rsync-transfer"


@dataclass(frozen=True)
class Keys:
    """What both ends of a copy have, as text.

    Attributes:
        password: for rsync.
        authority: certificate that both ends check the other's against, PEM.
        server_certificate, server_key: of the receiving end, PEM.
        client_certificate, client_key: of the sending ends, PEM.
    """

    password: str = field(repr=False)
    authority: str
    server_certificate: str
    server_key: str = field(repr=False)
    client_certificate: str
    client_key: str = field(repr=False)

    def to_data(self) -> dict[str, str]:
        """As the Secret has them; `basic-auth` demands the names of the first two."""
        kept = {entry.name.replace("_", "-"): getattr(self, entry.name) for entry in fields(self)}
        return {"username": "root", **kept}

    @classmethod
    def from_data(cls, data: Mapping[str, str]) -> "Keys | None":
        """The keys out of the decoded data of a Secret; None where it lacks one."""
        try:
            return cls(**{entry.name: data[entry.name.replace("_", "-")] for entry in fields(cls)})
        except KeyError:
            return None


def make(*, now: dt.datetime) -> Keys:
    """New keys."""
    letters = string.ascii_letters + string.digits
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("direct volume migration", authority_key, None, authority_key, now=now)
    server_key, client_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    server = _certificate(SERVER_NAME, server_key, authority, authority_key, now=now, usage=ExtendedKeyUsageOID.SERVER_AUTH)
    client = _certificate("sender", client_key, authority, authority_key, now=now, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    return Keys(
        password="".join(secrets.choice(letters) for _ in range(_PASSWORD_LENGTH)),
        authority=_pem(authority),
        server_certificate=_pem(server),
        server_key=_private(server_key),
        client_certificate=_pem(client),
        client_key=_private(client_key),
    )


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    now: dt.datetime,
    usage: x509.ObjectIdentifier | None = None,
) -> x509.Certificate:
    """A certificate; without an issuer it is an authority that signs itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=0 if issuer is None else None), critical=True)
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _private(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
