"""The rooms of this floor that add something to an application, lowest first."""

from identity.accounts.room import ROOM as ACCOUNTS
from identity.credentials.room import ROOM as CREDENTIALS
from identity.email_changes.room import ROOM as EMAIL_CHANGES
from identity.information.room import ROOM as INFORMATION
from identity.joining.room import ROOM as JOINING
from identity.oidc.room import ROOM as OIDC
from identity.own_account.room import ROOM as OWN_ACCOUNT
from identity.recovery.room import ROOM as RECOVERY
from identity.sessions.room import ROOM as SESSIONS
from identity.sign_in.room import ROOM as SIGN_IN
from identity.upstream.room import ROOM as UPSTREAM

ROOMS = (
    ACCOUNTS,
    EMAIL_CHANGES,
    SESSIONS,
    CREDENTIALS,
    SIGN_IN,
    RECOVERY,
    JOINING,
    OWN_ACCOUNT,
    INFORMATION,
    OIDC,
    UPSTREAM,
)
