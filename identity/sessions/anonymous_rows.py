"""A bound on the rows that requests without a session store.

A journey begins with a row before anybody has signed in, so anybody can have rows stored. Where
they are made bounds their size, the purge their lifetime, and this module their number.
"""

from __future__ import annotations

from app.context import PerApplication
from app.web.errors import TooManyRequests
from app.web.rate_counters import Allowance
from identity.sessions.browser import Browser
from identity.settings import settings


def _allowance() -> Allowance:
    chosen = settings()
    return Allowance(chosen.anonymous_rows_per_minute, chosen.anonymous_rows_per_hour)


_rows = PerApplication("identity.sessions.anonymous_rows", _allowance)


def admit_row(browser: Browser) -> None:
    """Count a row that a request is about to store, unless the browser has a session.

    Counted by network, in each process for itself. Raises TooManyRequests.
    """
    if browser.session is not None:
        return
    network, allowance = browser.network, _rows()
    if not allowance.use(network):
        seconds = allowance.seconds_left(network)
        minutes = -(-seconds // 60)
        raise TooManyRequests(
            "too many rows stored without a session",
            description=f"Too many people on your network began to sign in at once. Wait {minutes} "
            f"minute{'' if minutes == 1 else 's'} and try again.",
            retry_after=seconds,
        )
