"""What no address of ours has in it."""

from flask import Flask, request

from app.web.errors import BadRequest


def install(app: Flask) -> None:
    app.before_request(refuse_nul)


def refuse_nul() -> None:
    """Before anything is looked up by what the address says: PostgreSQL takes no text with the
    character NUL. Raises BadRequest.
    """
    if "\x00" in request.path or "%00" in request.query_string.decode("latin-1"):
        raise BadRequest("NUL in the address")
