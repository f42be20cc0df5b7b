"""The sign-in journey: its steps, its throttling and what follows before the person goes on.

Whoever needs a signed-in person calls `begin`; who needs terms accepted calls `ask_for_terms`.
"""

from identity.sign_in.journeys import ask_for_terms, begin

__all__ = ["ask_for_terms", "begin"]
