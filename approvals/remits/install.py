"""Adds the room to the application."""

from flask import Flask

from approvals.remits import summaries


def install(app: Flask) -> None:
    summaries.install(app)
