"""Reading a request's parameters, the same for all endpoints of the protocol.

RFC 6749, 3.1 and 3.2: each at most once, and one without a value is as if it were absent. Bytes
that are no UTF-8 are refused, since a value could otherwise not be given back unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar, overload
from urllib.parse import parse_qsl

from app.web.http import Request
from identity.oidc.errors import InvalidRequest, UnsupportedMediaType

FORM = "application/x-www-form-urlencoded"
MOST_PARAMETERS = 100
LONGEST_VALUE = 8192
PUSHED = "urn:ietf:params:oauth:request_uri:"
"""Prefix of the request_uri of a pushed request (RFC 9126, 2.2)."""
REPEATABLE = frozenset({"resource"})
"""RFC 8707, section 2."""

Other = TypeVar("Other")


class Parameters(Mapping[str, str]):
    """A request's parameters: one value each; `repeated` remembers which came more than once."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        self._lists: dict[str, list[str]] = {}
        self.repeated: set[str] = set()
        for name, value in pairs:
            if name in self._lists and name not in REPEATABLE:
                self.repeated.add(name)
            self._lists.setdefault(name, []).append(value)
            if value:
                self._values[name] = value

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str | Other) -> str | Other: ...
    def get(self, name: str, /, default: object = None) -> object:
        # An inherited mapping would raise and catch an error for each absent parameter.
        return self._values.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def all(self, name: str) -> list[str]:
        """Return every value of a parameter that may be repeated."""
        return [value for value in self._lists.get(name, []) if value]

    def only(self, names: Iterable[str]) -> Parameters:
        """Return these parameters and no others."""
        return Parameters((name, value) for name in names for value in self._lists.get(name, []))

    def with_pair(self, name: str, value: str) -> Parameters:
        """Return these parameters and one more."""
        return Parameters(
            [*((n, v) for n, values in self._lists.items() for v in values), (name, value)]
        )

    def refuse_repeated(self) -> None:
        """Raise InvalidRequest for a repeated parameter, without any text of the caller."""
        if self.repeated:
            raise InvalidRequest(
                "A parameter is repeated", detail=f"repeated: {sorted(self.repeated)[:5]}"
            )


def only_looking(request: Request) -> bool:
    """Return whether the request is a prefetch or HEAD, for which nothing may happen (AZ-22)."""
    purpose = f"{request.header('Sec-Purpose')} {request.header('Purpose')}"
    return request.method == "HEAD" or "prefetch" in purpose or "prerender" in purpose


def from_query(request: Request) -> Parameters:
    """Read the parameters of the query. Raises InvalidRequest."""
    return _parse(request.query)


def from_form(request: Request) -> Parameters:
    """Read the form of a POST. Parameters in its URL are refused (RFC 6749, 2.3.1 and 3.2).

    Raises InvalidRequest and UnsupportedMediaType.
    """
    if request.media_type != FORM:
        raise UnsupportedMediaType(detail=request.media_type)
    if request.query:
        raise InvalidRequest("Send the parameters in the body, none in the address")
    return _parse(request.body().decode("latin-1"))


def _parse(encoded: str) -> Parameters:
    try:
        pairs = parse_qsl(
            encoded,
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except ValueError:
        pairs = None
    if pairs is None or not encoded.isascii():
        raise InvalidRequest("The parameters are too many or not UTF-8")
    if any(len(value) > LONGEST_VALUE or "\x00" in name + value for name, value in pairs):
        raise InvalidRequest("A parameter is too long or contains a NUL character")
    return Parameters(pairs)
