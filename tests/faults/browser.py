"""A browser or client of the load: one kept connection, its cookies, and a journal line a request.

Requests and answers are those of the benchmark (`bench.http`), sent without blocking.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin, urlsplit

from bench.http import Answer, Call
from tests.faults.journal import ACKNOWLEDGED, REFUSED, UNKNOWN, Journal
from tests.servers import ports

TIMEOUT_SECONDS = 12
MARKER = re.compile(r"mk[0-9a-f]{10}")
_FIELD = re.compile(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"')
_FORM = re.compile(r'<form method="post"(?:\s+action="([^"]+)")?')
"""A form without an action is sent to the address of its page."""

Judge = Callable[[Answer], Mapping[str, str] | None]
"""Returns what an acknowledging answer says, and None for a refusal."""


@dataclass(frozen=True)
class Reply:
    """The outcome of a request as the journal has it, with the answer if there was one."""

    outcome: str
    answer: Answer | None
    data: Mapping[str, str]
    path: str = ""

    @property
    def acknowledged(self) -> bool:
        return self.outcome == ACKNOWLEDGED

    @property
    def unknown(self) -> bool:
        return self.outcome == UNKNOWN


@dataclass
class Browser:
    """`name` stands in the journal. `address` is the loopback address that the product sees.

    `port` is the issuer's. Requests go to the `listeners` in turn, as a load balancer sends them,
    or to `port` without any. The list is shared, so that a fault can add and take away servers.
    """

    name: str
    port: int
    journal: Journal
    address: str = "127.0.0.1"
    jar: dict[str, str] = field(default_factory=dict)
    listeners: list[int] = field(default_factory=list)
    _sent: int = 0
    _connected_to: int = 0
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None

    async def send(
        self,
        operation: str,
        key: str,
        call: Call,
        judge: Judge,
        *,
        change: bool = False,
        **sent: str,
    ) -> Reply:
        """Send one request with the cookies and journal it. Never raises for a failed request.

        `sent` is journaled with the outcome, whatever that is.
        """
        number = self.journal.begin(self.name, operation, key, change=change)
        try:
            answer = await asyncio.wait_for(self._exchange(call), TIMEOUT_SECONDS)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            self.close()
            data = {**sent, "error": type(error).__name__}
            self.journal.end(number, UNKNOWN, data=data)
            return Reply(UNKNOWN, None, data, call.path)
        self.jar.update(answer.cookies)
        found = None if answer.status >= 500 else judge(answer)
        outcome = ACKNOWLEDGED if found is not None else REFUSED
        if answer.status >= 500:
            outcome = UNKNOWN
        markers = sorted(set(MARKER.findall(answer.body.decode("utf-8", "replace"))))
        data = {**sent, **(found or {}), **({"markers": " ".join(markers)} if markers else {})}
        if outcome == UNKNOWN and answer.status != 503:
            data["body"] = answer.body[:300].decode("utf-8", "replace")
        self.journal.end(
            number,
            outcome,
            status=answer.status,
            retry_after="retry-after" in answer.headers,
            data=data,
        )
        return Reply(outcome, answer, data, call.path)

    async def page(self, path: str) -> Reply:
        """Open a page, and what it redirects to."""
        reply = await self.send("page", urlsplit(path).path, Call(path, self.cookies()), shown)
        if reply.answer is None or reply.answer.status not in {302, 303}:
            return reply
        return await self.page(local(path, reply.answer.headers["location"]))

    async def submit(
        self,
        page: Reply,
        values: Mapping[str, str],
        judge: Judge,
        *,
        operation: str = "answer",
        key: str = "",
        change: bool = False,
        action: str = "",
        **sent: str,
    ) -> Reply:
        """Fill in the first form of a page whose action contains `action`, and send it.

        Without such a form nothing is sent.
        """
        text = page.answer.body.decode() if page.answer is not None else ""
        forms = [found for found in _FORM.finditer(text) if action in (found[1] or "")]
        if not forms:
            return Reply(REFUSED, page.answer, {})
        path = unescape(forms[0][1]) if forms[0][1] else page.path
        hidden = {name: unescape(value) for name, value in _FIELD.findall(text)}
        tokens = {name: hidden[name] for name in ("csrf_token", "shown") if name in hidden}
        call = Call(path, self.cookies(), {**tokens, **values})
        return await self.send(operation, key or path, call, judge, change=change, **sent)

    def cookies(self) -> dict[str, str]:
        """Return the header with the cookies."""
        if not self.jar:
            return {}
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.jar.items())}

    def close(self) -> None:
        if self._writer is not None:
            with suppress(OSError, RuntimeError):
                self._writer.transport.abort()
        self._reader = self._writer = None

    async def _exchange(self, call: Call) -> Answer:
        # A connection that the server has closed between two requests is opened anew.
        listener = self._next_listener()
        if listener != self._connected_to or self._reader is None or self._reader.at_eof():
            self.close()
            self._connected_to = listener
            self._reader, self._writer = await asyncio.open_connection(
                ports.HOST, listener, local_addr=(self.address, 0)
            )
        assert self._writer is not None
        self._writer.write(call.encoded(f"localhost:{self.port}"))
        await self._writer.drain()
        answer = await _read(self._reader)
        if answer.headers.get("connection") == "close":
            self.close()
        return answer

    def _next_listener(self) -> int:
        listeners = self.listeners or [self.port]
        self._sent += 1
        return listeners[self._sent % len(listeners)]


def shown(answer: Answer) -> Mapping[str, str] | None:
    """Acknowledge a page or a redirect."""
    return {} if answer.status < 400 else None


def redirected(answer: Answer) -> Mapping[str, str] | None:
    """Acknowledge the answer to a form: a redirect."""
    return {"location": answer.headers["location"]} if answer.status == 303 else None


def local(base: str, location: str) -> str:
    """Return path and query of a redirect."""
    parts = urlsplit(urljoin(base, location))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


async def _read(reader: asyncio.StreamReader) -> Answer:
    line = await reader.readline()
    if not line:
        raise EOFError("the server closed the connection")
    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}
    while header := (await reader.readline()).strip():
        name, _, value = header.decode("latin-1").partition(":")
        name, value = name.lower(), value.strip()
        if name == "set-cookie":
            cookie, _, content = value.partition(";")[0].partition("=")
            cookies[cookie] = content
        else:
            headers[name] = value
    body = await _body(reader, headers)
    return Answer(int(line.split()[1]), headers, cookies, body)


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", "0")))
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)
