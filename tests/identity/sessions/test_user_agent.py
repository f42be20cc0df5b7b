"""Name of a browser in words, from its User-Agent."""

from __future__ import annotations

import pytest

from identity.sessions.user_agent import describe_user_agent

_KHTML = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {_KHTML} Chrome/156.0 Safari/537.36", "Chrome on Linux"),
        (
            f"Mozilla/5.0 (Windows NT 10.0) {_KHTML} Chrome/156.0 Safari/537.36 Edg/156.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 15.1; rv:150.0) Firefox/150.0",
            "Firefox on a Mac",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("", "an unknown browser"),
        ("<img src=x onerror=alert(1)>", "an unknown browser"),
    ],
)
def test_describe_user_agent_names_browser_and_system(user_agent: str, words: str) -> None:
    assert describe_user_agent(user_agent) == words
