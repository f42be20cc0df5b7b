"""JWTs that others made: clients' assertions, request objects and proofs (RFC 7519, RFC 8725).

One way to open them: of bounded size, signed with an asymmetric algorithm from a closed list, by a
key that the caller found. `none`, `HS…`, `crit`, `b64` and encrypted tokens are refused, and no key
or address in a header is ever followed unless the caller says that the key in it is the one to
prove (RFC 9449).
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key
from joserfc.jws import CompactSignature, extract_compact, validate_compact
from joserfc.util import urlsafe_b64decode

from app.strict_json import read_json
from identity.oidc.jws_registry import LONGEST, REGISTRY, SIGNING_ALGS

FAPI_ALGS = ("PS256", "ES256", "EdDSA")
"""FAPI 2.0 Security Profile, 5.4.1."""
SMALLEST_RSA, LARGEST_RSA = 2048, 8192
_OUR_KINDS = "a key is none of RSA with 2048 to 8192 bits, EC P-256 or Ed25519"

PublicKey = RSAKey | ECKey | OKPKey
Header = Mapping[str, object]


class VerificationFailed(ValueError):
    """The text is for the log: why the token is not what it should be."""


class UnsuitableKey(ValueError):
    """The text says why a JWK cannot verify anything here."""


class WrongTokenType(UnsuitableKey):
    """Nothing is wrong with the key, but it is of a kind that we do not take."""


@dataclass(frozen=True)
class VerifiedJwt:
    """A token whose signature is right. The caller judges its claims."""

    header: Header
    claims: Mapping[str, object]


def verify_jwt(
    text: str,
    *,
    algs: Collection[str],
    keys: Callable[[Header], Iterable[PublicKey]],
    types: Collection[str | None] | None = None,
) -> VerifiedJwt:
    """Return the token if one of the keys that `keys` finds for its header signed it.

    `types` are the values of `typ` that will do (in lower case, without `application/`), None among
    them where it may be left out; None alone asks nothing. Raises VerificationFailed.
    """
    header = _read_header(text)
    alg = header.get("alg")
    if alg not in algs or alg not in SIGNING_ALGS:
        raise VerificationFailed(f"alg {str(alg)[:20]!r}")
    if "crit" in header or "b64" in header:
        raise VerificationFailed("an extension that is not understood")
    if types is not None and _type(header) not in types:
        raise VerificationFailed(f"typ {str(header.get('typ'))[:40]!r}")
    token = _extract(text)
    claims = _object(token.payload)
    if not any(_is_signed_by(key, token) for key in keys(header)):
        raise VerificationFailed("no known key signed it")
    return VerifiedJwt(header, claims)


def claims_before_proof(text: str) -> Mapping[str, object]:
    """Return the unverified claims, for the choice of keys to try. Raises VerificationFailed."""
    _read_header(text)
    return _object(_extract(text).payload)


def public_key(jwk: object) -> PublicKey:
    """Return the key of a JWK: public, for signatures, of an accepted kind and size.

    Raises UnsuitableKey, and of it WrongTokenType for a kind that is not accepted.
    """
    if not isinstance(jwk, Mapping) or not all(isinstance(name, str) for name in jwk):
        raise UnsuitableKey("a key is an object")
    if {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & set(jwk):
        raise UnsuitableKey("a key has private members, which nobody should send")
    if jwk.get("use", "sig") != "sig":
        raise UnsuitableKey("a key is not for signatures")
    if _of_another_kind(jwk):
        raise WrongTokenType(_OUR_KINDS)
    if jwk.get("kty") == "RSA" and len(str(jwk.get("n", ""))) < SMALLEST_RSA / 6:
        raise UnsuitableKey("an RSA key has fewer than 2048 bits")
    try:
        # A key may sign with each algorithm of its kind, whichever its member `alg` names.
        key = import_key({name: value for name, value in jwk.items() if name != "alg"})
        fits = isinstance(key, PublicKey) and _is_accepted(key)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnsuitableKey(f"a key cannot be read ({type(error).__name__})") from None
    if not fits or not isinstance(key, PublicKey):
        raise UnsuitableKey(_OUR_KINDS)
    return key


def _of_another_kind(jwk: Mapping[str, object]) -> bool:
    match jwk.get("kty"), jwk.get("crv"):
        case "EC", str(curve):
            return curve != "P-256"
        case "OKP", str(curve):
            return curve != "Ed25519"
        case kty, _:
            return isinstance(kty, str) and kty not in {"RSA", "EC", "OKP"}


def thumbprint(key: PublicKey) -> str:
    """Return the thumbprint of a key (RFC 7638), with SHA-256."""
    return key.thumbprint()


def integer(claims: Mapping[str, object], name: str) -> int | None:
    """Return a NumericDate as whole seconds, None if absent. Raises VerificationFailed."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**40:
        raise VerificationFailed(f"{name} is no time")
    return int(value)


def _is_accepted(key: PublicKey) -> bool:
    if isinstance(key, RSAKey):
        return SMALLEST_RSA <= key.raw_value.key_size <= LARGEST_RSA
    return key.curve_name == ("P-256" if isinstance(key, ECKey) else "Ed25519")


def _is_signed_by(key: PublicKey, token: CompactSignature) -> bool:
    try:
        return validate_compact(token, key, registry=REGISTRY)
    except (JoseError, ValueError):
        return False


def _type(header: Header) -> str | None:
    """Return `typ` in lower case, without `application/` (RFC 7515, 4.1.9)."""
    typ = header.get("typ")
    return typ.lower().removeprefix("application/") if isinstance(typ, str) else None


def _read_header(text: str) -> Header:
    """Return the header, read as strictly as the claims: joserfc accepts a name that is twice."""
    if len(text) > LONGEST or not text.isascii() or text.count(".") != 2:
        raise VerificationFailed("no signed token, or too long")
    try:
        return _object(urlsafe_b64decode(text.partition(".")[0].encode()))
    except binascii.Error:
        raise VerificationFailed("not base64url") from None


def _extract(text: str) -> CompactSignature:
    try:
        return extract_compact(text.encode(), registry=REGISTRY)
    except (JoseError, ValueError) as error:
        raise VerificationFailed(f"no signed token ({type(error).__name__})") from None


def _object(raw: bytes) -> Mapping[str, object]:
    try:
        value = read_json(raw)
    except ValueError as error:
        raise VerificationFailed(f"not JSON that we read: {error}") from None
    if not isinstance(value, dict):
        raise VerificationFailed("not an object")
    return value
