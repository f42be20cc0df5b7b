"""Resource server for access tokens of Secure Access, without any framework.

Three questions, in the order in which they are asked:

1. Is the token valid, and is this service its audience? Verified offline, by RFC 9068.
2. Has it ended since? Secure Access notifies the service (OpenID Connect Back-Channel Logout 1.0)
   at an address that the service registers; `hear` receives the notice, and `Endings` stores it. A
   service without such an address introspects at each request (RFC 7662). Without either a removal
   shows when the token expires, within five minutes.
3. Which schools are in its remit? Read with a token of the service's own, kept by version and ETag.

`claims` asks the first two, `schools` the third.

The file stands alone: copy it, it needs `joserfc` and `requests`.
"""

import sqlite3
import threading
import time
from contextlib import closing
from typing import Any, NamedTuple

import requests
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

Claims = dict[str, Any]
ALGORITHMS = ["ES256", "RS256"]
ACCESS_TOKEN, LOGOUT_TOKEN, SIGNED = "at+jwt", "logout+jwt", "jwt"
NEEDED: jwt.ClaimsOption = {"essential": True}
COMMON: Any = {"leeway": 5, "exp": NEEDED}
NAMED: Any = {**COMMON, "iat": NEEDED, "jti": NEEDED}
KINDS = {
    ACCESS_TOKEN: jwt.JWTClaimsRegistry(**NAMED, sub=NEEDED, client_id=NEEDED),
    LOGOUT_TOKEN: jwt.JWTClaimsRegistry(**NAMED, events=NEEDED),
    SIGNED: jwt.JWTClaimsRegistry(**COMMON),  # ID tokens, and answers that are signed
}
"""By the header `typ`: the claims without which a token is none. The lifetime is checked as well,
with five seconds for clocks that differ."""
KEYS_FOR = 300
KEYS_FOR_AT_LEAST = 2
"""A token with an unknown key makes us read the keys again, but nobody can make us do it often."""
MOST_REMITS = 200
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
ENDINGS_FOR = 24 * 60 * 60
"""Longer than any token lives, and than a session of yours lasts without being looked at."""


class Refused(Exception):
    """No access. `status` is HTTP's (RFC 6750, 3.1); the text tells why and may be shown."""

    def __init__(self, why: str, status: int = 401) -> None:
        super().__init__(why)
        self.status = status


class Endings:
    """Store of the endings that Secure Access notified, in an SQLite file.

    All processes of a service share it, and it outlives them.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.run("PRAGMA journal_mode = WAL")
        columns = "jti TEXT PRIMARY KEY, iat REAL, sub TEXT, sid TEXT, at REAL"
        self.run(f"CREATE TABLE IF NOT EXISTS ended ({columns})")
        self.run("CREATE INDEX IF NOT EXISTS ended_at ON ended (at)")

    def keep(self, claims: Claims) -> None:
        """Store the contents of a logout token. Raises Refused for one that was stored before.

        Where our answer was lost, the same notice comes again in a newer token: nothing ends anew.
        """
        at = max(time.time(), claims["iat"])  # by our clock or theirs, whichever is ahead
        self.run("DELETE FROM ended WHERE at < ?", time.time() - ENDINGS_FOR)
        insert = "INSERT OR IGNORE INTO ended VALUES (?, ?, ?, ?, ?) RETURNING 1"
        if self.run(insert, claims["jti"], claims["iat"], claims.get("sub"), claims.get("sid"), at):
            return
        if self.run("SELECT 1 FROM ended WHERE jti = ? AND iat = ?", claims["jti"], claims["iat"]):
            raise Refused("This logout token was taken before.", 400)

    def since(self, claims: Claims) -> bool:
        """Return whether what the claims were issued for has ended since, at `iat` or later.

        Sessions are compared where both sides name one. An access token names none: then whatever
        ended of the person counts, and a new token, by refresh or sign-in, is good again.
        """
        find = (
            "SELECT 1 FROM ended WHERE at >= ?"
            " AND (sid = ? OR sub = ? AND (sid IS NULL OR ? IS NULL)) LIMIT 1"
        )
        sid = claims.get("sid")
        return bool(self.run(find, claims["iat"], sid, claims["sub"], sid))

    def run(self, statement: str, *values: str | float | None) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as db:
            return db.execute(statement, values).fetchall()


class ReadRemit(NamedTuple):
    """Remit that was read, with its version and ETag."""

    version: str
    etag: str
    schools: dict[str, str]


class ResourceServer:
    """One for each application; threads may share it.

    `resource` is the audience of the tokens that it takes, one of the client's registered
    `resources`. With `endings` it is told what ends, at the client's `backchannel_logout_uri`;
    without, it asks each time. `requests.RequestException` leaves every method when the issuer does
    not answer: then show nothing.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        resource: str,
        *,
        endings: Endings | None = None,
        ca_file: str = "",
    ) -> None:
        self.issuer = issuer
        self.resource = resource
        self._client = (client_id, client_secret)
        self._endings = endings
        self._verify: str | bool = ca_file or True
        self._metadata: Claims = {}
        self._keys = KeySet([])
        self._keys_read = float("-inf")
        self._own_token = ""
        self._own_token_ends = float("-inf")
        self._remits: dict[str, ReadRemit] = {}
        self._lock = threading.Lock()

    def claims(self, token: str, scope: str = "access", session: Claims | None = None) -> Claims:
        """Return the claims of a valid access token for this resource. Raises Refused.

        `session`: with a token of your own session the claims of the ID token with which that
        began, so that only its own end counts.
        """
        claims = self.verified(token, ACCESS_TOKEN, self.resource)
        if "cnf" in claims:  # RFC 9449, 6: only with a proof, which is not asked for here
            raise Refused("The access token is bound to a key, which this service does not check.")
        if self._over(token, claims, session):
            raise Refused("You have been signed out, or your access has changed or ended.")
        if scope not in str(claims.get("scope")).split():
            raise Refused(f"The access token was issued without the scope “{scope}”.", 403)
        return claims

    def hear(self, logout_token: str) -> None:
        """Receive the `logout_token` that Secure Access posts (Back-Channel Logout, 2.6).

        Answer 200, or where Refused is raised its status, with `Cache-Control: no-store`.
        """
        if self._endings is None:
            raise Refused("This service is told nothing: it asks.", 400)
        try:
            told = self.verified(logout_token, LOGOUT_TOKEN, self._client[0])
        except Refused as error:
            raise Refused(str(error), 400) from error
        events, sid = told["events"], told.get("sid")
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT), dict):
            raise Refused("The token tells of another event.", 400)
        if "nonce" in told or not isinstance(sid, str | None) or not (sid or told.get("sub")):
            raise Refused("The token has a nonce, or names neither a session nor a person.", 400)
        self._endings.keep(told)

    def verified(self, token: str, kind: str, audience: str) -> Claims:
        """Return the claims of a token of this kind and audience, checked offline.

        Raises Refused.
        """
        try:
            decoded = self._decoded(token)
            KINDS[kind].validate(decoded.claims)
        except (JoseError, ValueError) as error:
            raise Refused("The token is not good, or no longer.") from error
        typ = str(decoded.header.get("typ")).lower().removeprefix("application/")
        found = (typ, decoded.claims.get("iss"), decoded.claims.get("aud"))
        # An ID token has another `typ`; a token for another service has another `aud`.
        if found != (kind, self.issuer, audience):
            raise Refused("The token is of another kind, or for another service.")
        return decoded.claims

    def _over(self, token: str, claims: Claims, session: Claims | None) -> bool:
        """Return whether the token has ended.

        Notices do not cover tokens that another service was given to act for the person here (RFC
        8693): those are introspected.
        """
        if self._endings is None or claims["client_id"] != self._client[0]:
            return self.call("introspection_endpoint", token=token).get("active") is not True
        return self._endings.since(session or claims)

    def schools(self, claims: Claims) -> dict[str, str]:
        """Return the schools of the claims' remit, names by URN.

        A token lists them only where they are few, and without names, so the list comes from the
        remit's address. It is read again when a token names another version of it. Of a training
        remit there is none: show schools of your own making.
        """
        named: Claims = claims["remit"]
        address: str = named["address"]
        if not address.startswith(f"{self.issuer}/"):
            raise Refused("The remit is kept at an address that is not the issuer's.")
        known = self._remits.get(address, ReadRemit("", "", {}))
        if known.version != named["version"]:
            known = self._read(address, known)
            if len(self._remits) >= MOST_REMITS:
                self._remits.clear()
            self._remits[address] = known
        return known.schools

    def _read(self, address: str, known: ReadRemit) -> ReadRemit:
        """Return all pages.

        A list that changes meanwhile is like an issuer that does not answer.
        """
        schools: dict[str, str] = {}
        version, etag, following = "", "", f"{address}?limit=5000"
        headers = {"Authorization": f"Bearer {self._token()}", "If-None-Match": known.etag}
        while following:
            answer = self._send("GET", following, headers=headers)
            if answer.status_code == 304:
                return known
            page: Claims = answer.json()
            if version not in ("", page["version"]):
                raise requests.RequestException("The remit changed while it was read.")
            schools |= {school["urn"]: school["name"] for school in page["schools"]}
            version, following = page["version"], page["next"]
            etag = answer.headers.get("ETag", "")
            headers.pop("If-None-Match", None)
        return ReadRemit(version, etag, schools)

    def call(self, endpoint: str, **form: str) -> Claims:
        """Post to an endpoint of the issuer, as this client."""
        answer = self._send("POST", str(self.metadata()[endpoint]), data=form, auth=self._client)
        return dict(answer.json()) if answer.content else {}

    def _decoded(self, token: str, keys_for: float = KEYS_FOR) -> jwt.Token:
        with self._lock:
            if time.time() - self._keys_read > keys_for:
                answer = self._send("GET", str(self.metadata()["jwks_uri"]))
                self._keys, self._keys_read = KeySet.import_key_set(answer.json()), time.time()
        try:
            return jwt.decode(token, self._keys, algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            if keys_for == KEYS_FOR_AT_LEAST:
                raise
            return self._decoded(token, KEYS_FOR_AT_LEAST)

    def _token(self) -> str:
        """Return this service's own token (RFC 6749, 4.4), which only the issuer sees."""
        with self._lock:
            if self._own_token_ends < time.time() + 30:
                grant = {"grant_type": "client_credentials", "scope": "remits:read"}
                issued = self.call("token_endpoint", **grant)
                self._own_token = str(issued["access_token"])
                self._own_token_ends = time.time() + float(issued["expires_in"])
            return self._own_token

    def metadata(self) -> Claims:
        """Return the issuer's metadata: addresses, and supported features."""
        if not self._metadata:
            answer = self._send("GET", f"{self.issuer}/.well-known/openid-configuration")
            metadata: Claims = answer.json()
            if metadata.get("issuer") != self.issuer:  # OpenID Connect Discovery, 4.3
                raise requests.RequestException("The issuer calls itself by another name.")
            self._metadata = metadata
        return self._metadata

    def _send(self, method: str, address: str, **request: Any) -> requests.Response:
        answer = requests.request(
            method, address, timeout=10, verify=self._verify, allow_redirects=False, **request
        )
        answer.raise_for_status()
        return answer
