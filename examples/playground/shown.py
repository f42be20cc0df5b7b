"""How requests and tokens are shown: as `curl`, and claim by claim with what each means."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Any

from joserfc.util import json_b64decode

DICTIONARY = Path(__file__).parents[2] / "docs" / "relying-parties" / "claims.md"
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|(?: [^|]+ \|)?$", re.MULTILINE)
SENTENCES: dict[str, str] = dict(ROW.findall(DICTIONARY.read_text()))
SHORT = 60
TIMES = frozenset({"auth_time", "exp", "iat", "updated_at"})


@dataclass(frozen=True)
class Decoded:
    """A token opened: its header, and each claim with its value and what it means."""

    name: str
    text: str
    verdict: str
    header: str
    claims: list[tuple[str, str, str]]


@dataclass
class Step:
    """Requests and responses, each with its purpose."""

    title: str
    purpose: str
    request: str
    status: str = ""
    response: str = ""
    tokens: list[Decoded] = field(default_factory=list)


def decoded(name: str, token: str, verdict: str) -> Decoded:
    """Show a token of the provider; `verdict` is the finding of its check."""
    header, claims, _ = token.split(".")
    said = [
        (claim, _value(claim, value), SENTENCES.get(claim, ""))
        for claim, value in _opened(claims).items()
    ]
    return Decoded(name, token, verdict, pretty(_opened(header)), said)


def pretty(value: Any) -> str:
    """Return a value as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def listed(parameters: Mapping[str, str]) -> str:
    """Return parameters, one to a line."""
    return "\n".join(f"{name} = {value}" for name, value in parameters.items())


def curl(
    method: str,
    address: str,
    form: Mapping[str, str],
    *,
    client: tuple[str, str] | None,
    bearer: str | None,
) -> str:
    """Return the same request for a shell."""
    parts = ["curl" if form or method == "GET" else f"curl -X {method}"]
    if client:
        parts.append(f"-u {quote(':'.join(client))}")
    if bearer:
        parts.append(f"-H {quote(f'Authorization: Bearer {bearer}')}")
    parts += [f"--data-urlencode {quote(f'{name}={value}')}" for name, value in form.items()]
    return " \\\n  ".join([*parts, quote(address)])


def _opened(part: str) -> dict[str, Any]:
    opened: dict[str, Any] = json_b64decode(part.encode())
    return opened


def _value(claim: str, value: Any) -> str:
    if claim in TIMES and isinstance(value, int | float):
        return f"{value} ({datetime.fromtimestamp(value, UTC):%-d %B %Y, %H:%M:%S} UTC)"
    if isinstance(value, str):
        return value
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHORT else pretty(value)
