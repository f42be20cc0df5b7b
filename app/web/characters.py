"""Characters that no address of the service contains."""

from flask import Flask, request

from app.web.errors import BadRequest


def install(app: Flask) -> None:
    """Refuse the character NUL in every request."""
    app.before_request(refuse_nul)


def refuse_nul() -> None:
    """Refuse the character NUL before anything is looked up by the address. Raises BadRequest.

    PostgreSQL accepts no text with it.
    """
    if "\x00" in request.path or "%00" in request.query_string.decode("latin-1"):
        raise BadRequest("NUL in the address")
