"""A small HTTP/1.1 client that keeps its connection, so that the server is what is measured."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

TIMEOUT_SECONDS = 60


class Unexpected(RuntimeError):
    """An answer that the measurement cannot go on from; its text says which."""


@dataclass(frozen=True)
class Call:
    """One request. A form makes it a POST."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None

    def encoded(self, host: str) -> bytes:
        body = urlencode(self.form).encode() if self.form is not None else b""
        lines = [f"{'GET' if self.form is None else 'POST'} {self.path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.form is not None:
            lines += [
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(body)}",
            ]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True)
class Answer:
    """Header names are in lower case; `cookies` are those that the answer sets."""

    status: int
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: bytes

    def json(self, status: int = 200) -> Any:
        """Return the body of a response with this status. Raises Unexpected."""
        self.must_be(status)
        return json.loads(self.body)

    def location(self, status: int) -> str:
        """Return where a redirect of this status leads. Raises Unexpected."""
        self.must_be(status)
        return self.headers["location"]

    def must_be(self, status: int) -> None:
        if self.status != status:
            text = self.body[:500].decode("utf-8", "replace")
            where = self.headers.get("location", "")
            raise Unexpected(f"Answered {self.status} {where} instead of {status}: {text}")


class Connection:
    """One kept connection on the loopback, from an address of its own where one is given."""

    def __init__(self, port: int, host: str, source: str = "") -> None:
        self.host = host
        self.socket = socket.create_connection(
            ("127.0.0.1", port),
            timeout=TIMEOUT_SECONDS,
            source_address=(source, 0) if source else None,
        )
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")

    def send(self, call: Call) -> None:
        self.socket.sendall(call.encoded(self.host))

    def receive(self) -> Answer:
        line = self.reader.readline()
        if not line:
            raise Unexpected("The server closed the connection")
        headers: dict[str, str] = {}
        cookies: dict[str, str] = {}
        while header := self.reader.readline().strip():
            name, _, value = header.decode("latin-1").partition(":")
            name, value = name.lower(), value.strip()
            if name == "set-cookie":
                cookie, _, content = value.partition(";")[0].partition("=")
                cookies[cookie] = content
            else:
                headers[name] = value
        return Answer(int(line.split()[1]), headers, cookies, self._body(headers))

    def close(self) -> None:
        self.reader.close()
        self.socket.close()

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return self.reader.read(int(headers.get("content-length", "0")))
        parts = []
        while size := int(self.reader.readline(), 16):
            parts.append(self.reader.read(size))
            self.reader.readline()
        self.reader.readline()
        return b"".join(parts)
