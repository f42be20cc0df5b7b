"""The two ceremonies of WebAuthn: making a passkey, and signing a challenge with it.

Options for the browser and checks of its responses (Web Authentication Level 3, sections 7.1 and
7.2). No database. The library is imported when it is used, so that commands start without it.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.refusal import Refusal, RefusalError
from app.settings import settings

NAME = "Secure Access"
TIMEOUT = 300_000
"""Milliseconds for which the browser waits for the person (section 15.1)."""
LONGEST_ANSWER = 16_000
"""Characters of a response: an id of 1,023 bytes twice, an attestation object and a signature."""
_ALGORITHMS = (-7, -8, -257)
"""ES256, EdDSA and RS256 (RFC 9053, RFC 8812)."""
_COPIED = "multi_device"
_MALFORMED = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
NOT_ACCEPTED = Refusal("not_accepted", "The passkey was not accepted. Try again.")

Options = dict[str, object]


@dataclass(frozen=True)
class RelyingParty:
    """The scope of passkeys: the host of the issuer, and the origin of its pages."""

    id: str
    origin: str


@dataclass(frozen=True)
class CredentialRecord:
    """A credential as its registration described it. Texts of bytes are base64url."""

    credential_id: str
    public_key: str
    sign_count: int
    transports: list[str]
    aaguid: str
    backup_eligible: bool
    backed_up: bool


@dataclass(frozen=True)
class SignedChallenge:
    """A challenge that was signed with a credential."""

    sign_count: int
    backup_eligible: bool
    backed_up: bool
    user_verified: bool


def relying_party() -> RelyingParty | None:
    """Return the relying party, or None where the issuer's host is an IP address.

    WebAuthn has no scope for addresses. A change of the issuer's host ends every passkey.
    """
    parts = urlsplit(settings().issuer)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return RelyingParty(host, f"{parts.scheme}://{parts.netloc}")
    return None


def creation_options(
    challenge: str, handle: str, email: str, name: str, existing: Sequence[str]
) -> Options:
    """Return the options with which the browser makes a discoverable, verified passkey (5.4).

    existing: ids of credentials that the person has; their authenticators make no second one.
    """
    return {
        "rp": {"id": _required_party().id, "name": NAME},
        "user": {"id": handle, "name": email, "displayName": name or email},
        "challenge": challenge,
        "pubKeyCredParams": [{"type": "public-key", "alg": each} for each in _ALGORITHMS],
        "timeout": TIMEOUT,
        "excludeCredentials": [{"type": "public-key", "id": each} for each in existing],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
    }


def request_options(challenge: str, allowed: Sequence[tuple[str, list[str]]]) -> Options:
    """Return the options with which the browser signs a challenge (section 5.5).

    allowed: ids and transports of the person's credentials; none lets any passkey of this service
    answer.
    """
    return {
        "challenge": challenge,
        "rpId": _required_party().id,
        "timeout": TIMEOUT,
        "allowCredentials": [
            {"type": "public-key", "id": each, "transports": transports}
            for each, transports in allowed
        ],
        "userVerification": "required",
    }


def check_registration(answer: str, challenge: str) -> CredentialRecord:
    """Return the new credential. Raises RefusalError unless the browser made it here and now."""
    from webauthn import verify_registration_response
    from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
    from webauthn.helpers.cose import COSEAlgorithmIdentifier
    from webauthn.helpers.exceptions import WebAuthnException
    from webauthn.helpers.parse_registration_credential_json import (
        parse_registration_credential_json,
    )

    party = _required_party()
    try:
        credential = parse_registration_credential_json(answer)
        _refuse_frames(credential.response.client_data_json)
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(each) for each in _ALGORITHMS],
        )
        record = CredentialRecord(
            credential_id=bytes_to_base64url(verified.credential_id),
            public_key=bytes_to_base64url(verified.credential_public_key),
            sign_count=verified.sign_count,
            transports=sorted({each.value for each in credential.response.transports or []}),
            aaguid=verified.aaguid,
            backup_eligible=verified.credential_device_type.value == _COPIED,
            backed_up=verified.credential_backed_up,
        )
    except (WebAuthnException, *_MALFORMED) as error:
        raise RefusalError(NOT_ACCEPTED) from error
    if len(record.credential_id) > 1364 or len(record.public_key) > 4000:
        raise RefusalError(NOT_ACCEPTED)
    return record


def check_signature(answer: str, challenge: str, public_key: str) -> SignedChallenge:
    """Return the signed challenge. Raises RefusalError unless this credential signed it here.

    The caller compares the sign count, and asks for user verification where it needs it.
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException
    from webauthn.helpers.parse_authentication_credential_json import (
        parse_authentication_credential_json,
    )

    party = _required_party()
    try:
        credential = parse_authentication_credential_json(answer)
        _refuse_frames(credential.response.client_data_json)
        signed = verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=base64url_to_bytes(public_key),
            credential_current_sign_count=0,
        )
    except (WebAuthnException, *_MALFORMED) as error:
        raise RefusalError(NOT_ACCEPTED) from error
    return SignedChallenge(
        sign_count=signed.new_sign_count,
        backup_eligible=signed.credential_device_type.value == _COPIED,
        backed_up=signed.credential_backed_up,
        user_verified=signed.user_verified,
    )


def named_credential(answer: str) -> tuple[str | None, str | None]:
    """Return the id of the credential and the user handle that a response names, unchecked."""
    try:
        parsed = json.loads(answer)
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(parsed, dict):
        return None, None
    response = parsed.get("response")
    handle = response.get("userHandle") if isinstance(response, dict) else None
    return _text(parsed.get("id")), _text(handle)


def _text(value: object) -> str | None:
    """Return the value where it is a text that a column may be compared with."""
    return value if isinstance(value, str) and value.isascii() and value.isprintable() else None


def _refuse_frames(client_data: bytes) -> None:
    """Raise ValueError for a response that was made in a frame of another site."""
    if json.loads(client_data).get("crossOrigin", False) is not False:
        raise ValueError("made in a frame of another site")


def _required_party() -> RelyingParty:
    party = relying_party()
    if party is None:
        raise RefusalError(NOT_ACCEPTED)
    return party
