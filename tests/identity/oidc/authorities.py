"""Certificate authorities of tests, and what they sign."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID


class Authority:
    """Signs certificates for a day; its own is `pem`."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = _certificate(self._name, self._name, self._key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.pem = made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def signs(
        self, subject: str, *, san: x509.GeneralName | None = None, days: int = 1
    ) -> x509.Certificate:
        """`subject` is a distinguished name (RFC 4514); with negative days it has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name.from_rfc4514_string(subject)
        made = _certificate(name, self._name, key.public_key(), days)
        if san is not None:
            made = made.add_extension(x509.SubjectAlternativeName([san]), critical=False)
        return made.sign(self._key, hashes.SHA256())


def in_header(certificate: x509.Certificate) -> str:
    """RFC 9440, 2.2."""
    return f":{base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()}:"


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int = 1
) -> x509.CertificateBuilder:
    at = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=10))
        .not_valid_after(at + timedelta(days=days))
    )
