"""What a service needs that is called with access tokens of Secure Access, without any framework.

Three questions, in the order in which they are asked:

1. What does this token say, and is it meant for me? Verified offline, by RFC 9068.
2. Does it still hold? Asked by introspection (RFC 7662), so that a removal shows at the next
   request. Who leaves that out sees a removal when the token expires, within five minutes.
3. Which schools are in its remit? Read with a token of the service's own, kept by version and ETag.

`claims` asks the first two, `schools` the third.

The file stands alone: copy it, it needs `joserfc` and `requests`.
"""

import threading
import time
from typing import Any, NamedTuple

import requests
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

Claims = dict[str, Any]
ALGORITHMS = ["ES256", "RS256"]
REQUIRED: jwt.ClaimsOption = {"essential": True}
ESSENTIAL = jwt.JWTClaimsRegistry(
    leeway=5, exp=REQUIRED, iat=REQUIRED, sub=REQUIRED, jti=REQUIRED, client_id=REQUIRED
)
"""The lifetime is checked as well, with five seconds for clocks that differ."""
KEYS_FOR = 300
KEYS_FOR_AT_LEAST = 2
"""A token with an unknown key makes us read the keys again, but nobody can make us do it often."""
MOST_REMITS = 200


class Refused(Exception):
    """No access. `status` is HTTP's (RFC 6750, 3.1); the text tells why and may be shown."""

    def __init__(self, why: str, status: int = 401) -> None:
        super().__init__(why)
        self.status = status


class ReadRemit(NamedTuple):
    version: str
    etag: str
    schools: dict[str, str]


class ResourceServer:
    """One for each application; threads may share it.

    `resource` is the audience of the tokens that it takes, one of the client's registered
    `resources`. `requests.RequestException` leaves every method when the issuer does not answer:
    then show nothing.
    """

    def __init__(
        self, issuer: str, client_id: str, client_secret: str, resource: str, ca_file: str = ""
    ) -> None:
        self.issuer = issuer
        self.resource = resource
        self._client = (client_id, client_secret)
        self._verify: str | bool = ca_file or True
        self._metadata: Claims = {}
        self._keys = KeySet([])
        self._keys_read = float("-inf")
        self._own_token = ""
        self._own_token_ends = float("-inf")
        self._remits: dict[str, ReadRemit] = {}
        self._lock = threading.Lock()

    def claims(self, token: str, scope: str = "access") -> Claims:
        """The claims of an access token that is for this resource and holds. Raises Refused."""
        claims = self._verified(token)
        if self.call("introspection_endpoint", token=token).get("active") is not True:
            raise Refused("You have been signed out, or your access has changed or ended.")
        if scope not in str(claims.get("scope")).split():
            raise Refused(f"The access token was issued without the scope “{scope}”.", 403)
        return claims

    def _verified(self, token: str) -> Claims:
        try:
            decoded = self._decoded(token)
            ESSENTIAL.validate(decoded.claims)
        except (JoseError, ValueError) as error:
            raise Refused("The access token is not good, or no longer.") from error
        kind = str(decoded.header.get("typ")).lower().removeprefix("application/")
        found = (kind, decoded.claims.get("iss"), decoded.claims.get("aud"))
        # An ID token has another `typ`; a token for another service has another `aud`.
        if found != ("at+jwt", self.issuer, self.resource):
            raise Refused("The access token is of another kind, or for another service.")
        if "cnf" in decoded.claims:  # RFC 9449, 6: only with a proof, which is not asked for here
            raise Refused("The access token is bound to a key, which this service does not check.")
        return decoded.claims

    def schools(self, claims: Claims) -> dict[str, str]:
        """The schools of the claims' remit, names by URN.

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
        """All pages. A list that changes meanwhile is like an issuer that does not answer."""
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
        """Posts to an endpoint of the issuer, as this client."""
        answer = self._send("POST", self._address(endpoint), data=form, auth=self._client)
        return dict(answer.json()) if answer.content else {}

    def _decoded(self, token: str, keys_for: float = KEYS_FOR) -> jwt.Token:
        with self._lock:
            if time.time() - self._keys_read > keys_for:
                answer = self._send("GET", self._address("jwks_uri"))
                self._keys, self._keys_read = KeySet.import_key_set(answer.json()), time.time()
        try:
            return jwt.decode(token, self._keys, algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            if keys_for == KEYS_FOR_AT_LEAST:
                raise
            return self._decoded(token, KEYS_FOR_AT_LEAST)

    def _token(self) -> str:
        """This service's own (RFC 6749, 4.4). It is shown to the issuer and to nobody else."""
        with self._lock:
            if self._own_token_ends < time.time() + 30:
                grant = {"grant_type": "client_credentials", "scope": "remits:read"}
                issued = self.call("token_endpoint", **grant)
                self._own_token = str(issued["access_token"])
                self._own_token_ends = time.time() + float(issued["expires_in"])
            return self._own_token

    def _address(self, name: str) -> str:
        if not self._metadata:
            answer = self._send("GET", f"{self.issuer}/.well-known/openid-configuration")
            metadata: Claims = answer.json()
            if metadata.get("issuer") != self.issuer:  # OpenID Connect Discovery, 4.3
                raise requests.RequestException("The issuer calls itself by another name.")
            self._metadata = metadata
        return str(self._metadata[name])

    def _send(self, method: str, address: str, **request: Any) -> requests.Response:
        answer = requests.request(
            method, address, timeout=10, verify=self._verify, allow_redirects=False, **request
        )
        answer.raise_for_status()
        return answer
