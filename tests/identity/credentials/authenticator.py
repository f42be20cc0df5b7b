"""An authenticator and its browser in Python, which can be told to lie."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tests.conftest import ISSUER

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40


def encode(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One passkey. Its attributes are what it claims from its next use on.

    origin: of the page, as the browser states it. counts: whether the sign count rises with each
    use.
    """

    origin: str = ISSUER
    rp_id: str = "localhost"
    verifies: bool = True
    backup: int = 0
    counts: bool = True
    sign_count: int = 0
    cross_origin: bool = False
    handle: str = ""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: dict[str, Any]) -> str:
        """The response of a registration as the script posts it."""
        self.handle = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        public_key = {1: 2, 3: -7, -1: 1, -2: x, -3: y}
        attested = (
            bytes(16)
            + struct.pack(">H", len(self.credential_id))
            + self.credential_id
            + cbor2.dumps(public_key)
        )
        attestation = {
            "fmt": "none", "attStmt": {}, "authData": self._authenticator_data(AT) + attested,
        }  # fmt: skip
        return self._posted(
            clientDataJSON=encode(self._client_data("webauthn.create", options["challenge"])),
            attestationObject=encode(cbor2.dumps(attestation)),
            transports=["internal", "something new"],
        )

    def get(self, options: dict[str, Any]) -> str:
        """The response of an authentication as the script posts it."""
        self.sign_count += self.counts
        client_data = self._client_data("webauthn.get", options["challenge"])
        data = self._authenticator_data(0)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._posted(
            clientDataJSON=encode(client_data),
            authenticatorData=encode(data),
            signature=encode(signature),
            userHandle=self.handle,
        )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps(
            {
                "type": kind,
                "challenge": challenge,
                "origin": self.origin,
                "crossOrigin": self.cross_origin,
            }
        ).encode()

    def _authenticator_data(self, flags: int) -> bytes:
        flags |= UP | self.backup | (UV if self.verifies else 0)
        party = hashlib.sha256(self.rp_id.encode()).digest()
        return party + struct.pack(">BI", flags, self.sign_count)

    def _posted(self, **response: object) -> str:
        credential_id = encode(self.credential_id)
        return json.dumps(
            {
                "id": credential_id,
                "rawId": credential_id,
                "type": "public-key",
                "response": response,
            }
        )
