"""The next step of an authorization request: a question to the person, or the end with a code."""

from __future__ import annotations

from identity.oidc.authorize import stored_request
from identity.oidc.authorize.interaction import Interaction
from identity.oidc.authorize.issue import code_for
from identity.oidc.authorize.prompts import Prompt, next_prompt
from identity.oidc.errors import OAuthError


def next_step(interaction: Interaction) -> Prompt | str | None:
    """Return the next question or, without one, a code; None where the request had ended.

    Raises OAuthError where the request ends without a code, and SignedOut where the session ended
    meanwhile: nothing was issued then.
    """
    try:
        question = next_prompt(interaction)
        if question is not None and interaction.authorization.silent:
            raise question.silently()
    except OAuthError as error:
        stored_request.give_up(interaction, error)
        raise
    return code_for(interaction) if question is None else question
