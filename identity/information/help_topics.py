"""Topics of Help about an account, for everybody, and for people who run a service."""

from app.web.help import EVERYBODY, SERVICES, HelpTopic

TOPICS = (
    HelpTopic("join", "Join with an invitation", EVERYBODY, 10, ["accounts.join"]),
    HelpTopic(
        "sign-in", "Sign in", EVERYBODY, 20, ["sign_in.cannot"], also="login log in forgot locked"
    ),
    HelpTopic("passkeys", "Use a passkey", EVERYBODY, 30, ["credentials.add_passkey"]),
    HelpTopic(
        "new-phone",
        "Get a new phone, or sign in without one",
        EVERYBODY,
        40,
        [
            "recovery.no_second_step",
            "recovery.own_reset",
            "credentials.app",
            "credentials.second_step",
        ],
        also="2FA MFA two-factor authenticator",
    ),
    HelpTopic(
        "not-you", "If it was not you", EVERYBODY, 70, ["sessions.sessions", "credentials.not_me"]
    ),
    HelpTopic("connect-a-service", "Connect a service", SERVICES, 300),
)
