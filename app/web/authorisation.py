"""The one layer that every route passes.

Each view says who may call it with `@permit(rule)`; the rule is asked before the view runs. A view
that says nothing stops the application from starting, so forgetting to ask is an error at start.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue

from app.web.errors import Forbidden, NotFound

View = TypeVar("View", bound=Callable[..., object])
_RULE = "secure_access_rule"


@dataclass(frozen=True)
class Allowed:
    """Go on."""


@dataclass(frozen=True)
class Refused:
    """Stop, and why.

    `reason` is for the log and the audit. `answer` is what the caller gets where the rule has one
    of its own (a redirect to the sign-in page, a 401 with a challenge); else `hidden` decides
    between "there is no such page" and "you may not".
    """

    reason: str
    answer: Callable[[], ResponseReturnValue] | None = field(default=None, compare=False)
    hidden: bool = False


Rule = Callable[[Mapping[str, object]], Allowed | Refused]
"""Asked with the arguments of the route. May keep what it loaded in `flask.g`."""


def anyone(_arguments: Mapping[str, object]) -> Allowed:
    """Allow everybody."""
    return Allowed()


def static_file(arguments: Mapping[str, object]) -> Allowed | Refused:
    """Allow everybody a file below the static folder, except through a link that leads out."""
    folder = Path(current_app.static_folder or "").resolve()
    try:
        inside = (folder / str(arguments["filename"])).resolve().is_relative_to(folder)
    except (OSError, ValueError):
        inside = False
    return Allowed() if inside else Refused("outside the static folder", hidden=True)


def permit(rule: Rule) -> Callable[[View], View]:
    """State who may call the view."""

    def mark(view: View) -> View:
        setattr(view, _RULE, rule)
        return view

    return mark


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """Return the rule of an endpoint; None only while the application is composed."""
    return getattr(app.view_functions.get(endpoint), _RULE, None)


def install(app: Flask) -> None:
    """Make every route ask its rule."""
    permit(static_file)(app.view_functions["static"])
    app.before_request(check_endpoint_rule)


def require_a_rule_for_every_route(app: Flask) -> None:
    """Raise RuntimeError that names each view without a rule."""
    silent = sorted(
        {rule.endpoint for rule in app.url_map.iter_rules() if rule_of(app, rule.endpoint) is None}
    )
    if silent:
        raise RuntimeError(f"these views do not say who may call them: {', '.join(silent)}")


def check_endpoint_rule() -> ResponseReturnValue | None:
    """Ask the rule of the present page, as `check_rule` does."""
    if request.endpoint is None:
        return None
    rule = rule_of(current_app, request.endpoint)
    if rule is None:
        raise Forbidden("no rule")
    return check_rule(rule, request.view_args or {})


def check_rule(rule: Rule, arguments: Mapping[str, object]) -> ResponseReturnValue | None:
    """Return None if the caller may continue, else the response of the rule.

    Raises Forbidden and NotFound.
    """
    outcome = rule(arguments)
    if isinstance(outcome, Allowed):
        return None
    if outcome.answer is not None:
        return outcome.answer()
    raise NotFound(outcome.reason) if outcome.hidden else Forbidden(outcome.reason)
