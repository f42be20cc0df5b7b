"""The sign-in journey: its steps, its throttling, and the terms that are due after it.

A page that needs a signed-in person calls `begin`; one that needs terms accepted calls
`ask_for_terms`.
"""

from identity.sign_in.current_journey import ask_for_terms, begin

__all__ = ["ask_for_terms", "begin"]
