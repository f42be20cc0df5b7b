"""Rooms whose routes fill several modules."""

from __future__ import annotations

from importlib import import_module

from flask import Blueprint, Flask


def register_pages(app: Flask, blueprint: Blueprint, *modules: str) -> None:
    """Import the modules that add routes to the blueprint, then register it."""
    for module in modules:
        import_module(module)
    app.register_blueprint(blueprint)
