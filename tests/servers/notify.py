"""A stand-in for the HTTP API of GOV.UK Notify, which checks tokens as its documentation says.

with notify.running() as service:
    ...                                  # send to service.url with service.api_key
    service.notifications[0]["email_address"]
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

SERVICE = "26785a09-ab16-4eb0-8407-a37497a57506"
SECRET = "3d844edf-8d35-48ac-975b-e847b4f122b0"
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"
MOST_LISTED = 250

Reply = tuple[int, dict[str, Any]]


def error(status: int, name: str, message: str) -> Reply:
    """Return a reply as Notify words its errors."""
    return status, {"status_code": status, "errors": [{"error": name, "message": message}]}


@dataclass
class NotifyService:
    """The mails that were accepted, oldest first, and the next replies in place of accepting."""

    url: str = ""
    api_key: str = f"test_key-{SERVICE}-{SECRET}"
    notifications: list[dict[str, Any]] = field(default_factory=list)
    replies: list[Reply | bytes] = field(default_factory=list)
    """Replies to the next requests that send a mail. Bytes are sent as they are."""

    lose_responses: bool = False
    """Accept mails, and end the connection without a response."""

    seconds_ahead: float = 0.0
    """Difference of this service's clock from that of the tests."""

    listings: int = 0
    """Number of requests for lists of mails."""

    def post(self, body: dict[str, Any]) -> Reply:
        if body["template_id"] != TEMPLATE:
            return error(400, "BadRequestError", "Template not found")
        missing = {"subject", "body"} - body["personalisation"].keys()
        if missing:
            return error(400, "BadRequestError", f"Missing personalisation: {sorted(missing)}")
        made = {"id": str(uuid4()), "status": "delivered", **body}
        self.notifications.append(made)
        return 201, {"id": made["id"], "reference": body["reference"]}

    def list(self, query: dict[str, list[str]]) -> Reply:
        self.listings += 1
        newest_first = self.notifications[::-1]
        if older := query.get("older_than"):
            ids = [each["id"] for each in newest_first]
            newest_first = newest_first[ids.index(older[0]) + 1 :]
        found = [
            each
            for each in newest_first
            if each["status"] in query.get("status", [each["status"]])
            and each["reference"] in query.get("reference", [each["reference"]])
        ]
        return 200, {"notifications": found[:MOST_LISTED], "links": {}}

    def refused(self, authorization: str) -> Reply | None:
        """Return the reply to a token that is not valid now, or None."""
        scheme, _, token = authorization.partition(" ")
        parts = token.split(".")
        if scheme != "Bearer" or len(parts) != 3:
            return error(401, "AuthError", "Unauthorized: authentication token must be provided")
        header, claims = (json.loads(_decode(part)) for part in parts[:2])
        signature = hmac.digest(SECRET.encode(), ".".join(parts[:2]).encode(), hashlib.sha256)
        if header != {"typ": "JWT", "alg": "HS256"} or claims.keys() != {"iss", "iat"}:
            return error(403, "AuthError", "Invalid token: unexpected header or claims")
        if claims["iss"] != SERVICE or not hmac.compare_digest(signature, _decode(parts[2])):
            return error(403, "AuthError", "Invalid token: API key not found")
        if abs(claims["iat"] - (time.time() + self.seconds_ahead)) > 30:
            message = "Error: Your system clock must be accurate to within 30 seconds"
            return error(403, "AuthError", message)
        return None


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@contextmanager
def running() -> Iterator[NotifyService]:
    """The service on a free port, stopped at the end."""
    service = NotifyService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            refusal = service.refused(self.headers.get("Authorization", ""))
            if self.path != "/v2/notifications/email":
                self._reply(error(404, "NotFound", "Not found"))
            elif refusal is not None:
                self._reply(refusal)
            elif service.replies:
                self._reply(service.replies.pop(0))
            else:
                reply = service.post(json.loads(body))
                if not service.lose_responses:
                    self._reply(reply)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            refusal = service.refused(self.headers.get("Authorization", ""))
            self._reply(refusal or service.list(parse_qs(parts.query)))

        def _reply(self, reply: Reply | bytes) -> None:
            if isinstance(reply, bytes):
                self.wfile.write(reply)
                return
            body = json.dumps(reply[1]).encode()
            self.send_response(reply[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    serve = partial(server.serve_forever, poll_interval=0.01)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
