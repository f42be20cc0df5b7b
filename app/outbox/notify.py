"""The HTTP API of GOV.UK Notify (https://docs.notifications.service.gov.uk/rest-api.html).

Notify accepts a mail with 201 and delivers it later. A rejected address is reported as the status
`permanent-failure`, which `notify_statuses` asks for.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from pydantic import SecretStr

from app.http_client import FetchedResponse, Unreachable, fetch
from app.outbox.message import RenderedMail
from app.outbox.refusals import PermanentRefusal, TemporaryFailure
from app.strict_json import read_json

SECONDS = 10.0
"""Limit of one request."""
MOST_BYTES = 2 * 1024 * 1024
"""Limit of a response: 250 notifications with their texts."""
NAME = "GOV.UK Notify"
_ERROR_NAME = re.compile(r"[A-Za-z]{1,40}")


class Notify:
    """Delivers mail as notifications of one template, whose placeholders are subject and body."""

    def __init__(self, api_key: SecretStr, template_id: str, url: str) -> None:
        self.template_id = template_id
        self.api = NotifyApi(api_key, url)

    def deliver(self, mail: RenderedMail) -> None:
        if mail.repeated and self.api.notifications(reference=mail.identifier):
            return  # An earlier attempt succeeded, and its response was lost.
        response = self.api.request(
            "POST",
            "/v2/notifications/email",
            {
                "email_address": mail.recipient,
                "template_id": self.template_id,
                "personalisation": {"subject": mail.subject, "body": mail.text},
                "reference": mail.identifier,
            },
        )
        if response.status != HTTPStatus.CREATED:
            raise _failure(response)

    def close_idle(self, _seconds: float, /) -> None:
        return


@dataclass(frozen=True)
class Notification:
    """A mail as Notify knows it. reference: ours. notification_id: theirs."""

    notification_id: str
    reference: str


class NotifyApi:
    """Requests to the API, each with a token of its own, signed with the secret of the API key."""

    def __init__(self, api_key: SecretStr, url: str) -> None:
        self._api_key = api_key
        self._url = url.rstrip("/")

    def notifications(self, **filters: str) -> Sequence[Notification]:
        """Return the latest 250 mails of the last 7 days that match. Raises TemporaryFailure."""
        query = urlencode({"template_type": "email", **filters})
        response = self.request("GET", f"/v2/notifications?{query}")
        if response.status != HTTPStatus.OK:
            raise TemporaryFailure(_cause(response))
        found = _parse(response.body).get("notifications")
        return [
            Notification(str(each["id"]), str(each["reference"]))
            for each in (found if isinstance(found, list) else [])
            if isinstance(each, dict) and each.get("id") and each.get("reference")
        ]

    def request(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> FetchedResponse:
        """Send a request and return the response. Raises TemporaryFailure if there is none."""
        headers = {"Authorization": f"Bearer {self._token()}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            return fetch(
                method,
                f"{self._url}{path}",
                body=None if body is None else json.dumps(body).encode(),
                headers=headers,
                most_bytes=MOST_BYTES,
                seconds=SECONDS,
                from_settings=True,
            )
        except Unreachable:
            raise TemporaryFailure(f"{NAME} was not reached") from None

    def _token(self) -> str:
        """Return a token (HS256). The key is `name-service id-secret`, and both ids are UUIDs."""
        from joserfc import jwt
        from joserfc.jwk import OctKey

        key = self._api_key.get_secret_value()
        claims = {"iss": key[-73:-37], "iat": int(time.time())}
        return jwt.encode({"typ": "JWT", "alg": "HS256"}, claims, OctKey.import_key(key[-36:]))


def _failure(response: FetchedResponse) -> Exception:
    """Return the failure of a mail that was not accepted.

    Only an invalid address or text is final. Errors of the key, the template, the clock or a limit
    are corrected by operators or by time, and the mail waits for that.
    """
    cause = _cause(response)
    if response.status == HTTPStatus.BAD_REQUEST and "ValidationError" in cause:
        return PermanentRefusal(cause)
    if response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return PermanentRefusal(cause)
    return TemporaryFailure(cause)


def _cause(response: FetchedResponse) -> str:
    """Return status and names of the errors. Their messages may contain the address."""
    found = _parse(response.body).get("errors")
    errors = [each for each in (found if isinstance(found, list) else []) if isinstance(each, dict)]
    names = [
        name for each in errors if _ERROR_NAME.fullmatch(name := str(each.get("error"))) is not None
    ]
    cause = " ".join([NAME, str(response.status), *dict.fromkeys(names)])
    if any("clock" in str(each.get("message")) for each in errors):
        return f"{cause}: the clock of this machine is wrong"
    if response.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return f"{cause}: check SECURE_ACCESS_NOTIFY_API_KEY"
    if "BadRequestError" in names:
        return f"{cause}: check the template, and whether the API key may send to everybody"
    return cause


def _parse(body: bytes) -> Mapping[str, object]:
    try:
        found = read_json(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
