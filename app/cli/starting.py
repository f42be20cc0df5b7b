"""Checks at the start of `serve` and `worker`, the processes that go on running."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.settings import AppSettings


def checked_settings() -> AppSettings:
    """Return the settings, and log a warning for each unsafe one.

    Raises ClickException where they would be the demo's in place of missing ones.
    """
    import structlog

    from app.cli import demo
    from app.settings import settings
    from app.unsafe_settings import warnings

    demo.refuse_to_serve(demo.settings_file())
    chosen = settings()
    for sentence in warnings(chosen):
        structlog.get_logger().warning("unsafe setting", reason=sentence)
    return chosen
