"""The floor's commands."""

from identity.administration.cli import accounts_cli
from identity.oidc.cli import notices_group
from identity.oidc.client_administration.cli import clients_group
from identity.oidc.dynamic_registration.cli import registration_tokens_group
from identity.oidc.keys.cli import keys_group

COMMANDS = (
    accounts_cli,
    clients_group,
    keys_group,
    notices_group,
    registration_tokens_group,
)
