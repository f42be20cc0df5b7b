"""The floor's commands, and those that it adds to groups of other rooms."""

from approvals.access_requests.cli import requests_cli
from approvals.account_joining.cli import join_command
from approvals.approver_proposals.cli import approvers_cli
from approvals.clients.cli import check_command
from approvals.console.cli import operators_cli
from approvals.decision.cli import access, services
from approvals.federation.cli import sign_ins_cli
from approvals.memberships.organisations_cli import at_risk_command, close_command, merge_command
from approvals.organisations.cli import organisations_cli, register_cli
from approvals.population.cli import population
from approvals.remits.cli import remits_cli
from approvals.reports.cli import report
from approvals.terms.cli import terms
from identity.administration.cli import accounts_cli
from identity.oidc.client_administration.cli import clients_group

COMMANDS = (
    access,
    approvers_cli,
    operators_cli,
    organisations_cli,
    population,
    register_cli,
    remits_cli,
    report,
    requests_cli,
    services,
    sign_ins_cli,
    terms,
)

organisations_cli.add_command(close_command)
organisations_cli.add_command(at_risk_command)
organisations_cli.add_command(merge_command)
clients_group.add_command(check_command)
accounts_cli.add_command(join_command)
