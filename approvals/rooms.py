"""The rooms of this floor that add something to an application, lowest first."""

from app.composition import Room
from approvals.access_model.room import ROOM as ACCESS_MODEL
from approvals.access_requests.room import ROOM as ACCESS_REQUESTS
from approvals.account_closing.room import ROOM as ACCOUNT_CLOSING
from approvals.account_joining.room import ROOM as ACCOUNT_JOINING
from approvals.activity.room import ROOM as ACTIVITY
from approvals.approver_proposals.room import ROOM as APPROVER_PROPOSALS
from approvals.clients.room import ROOM as CLIENTS
from approvals.console.room import ROOM as CONSOLE
from approvals.federation.room import ROOM as FEDERATION
from approvals.home.room import ROOM as HOME
from approvals.mail_preferences.room import ROOM as MAIL_PREFERENCES
from approvals.memberships.room import ROOM as MEMBERSHIPS
from approvals.organisations.room import ROOM as ORGANISATIONS
from approvals.own_data.room import ROOM as OWN_DATA
from approvals.population.room import ROOM as POPULATION
from approvals.port import ApprovalsPort
from approvals.remit_api.room import ROOM as REMIT_API
from approvals.reports.room import ROOM as REPORTS
from approvals.second_step_resets.room import ROOM as SECOND_STEP_RESETS
from approvals.task_mails.room import ROOM as TASK_MAILS
from approvals.terms.room import ROOM as TERMS
from approvals.workspace.room import ROOM as WORKSPACE
from identity.ports import APPROVALS

ROOMS = (
    ORGANISATIONS,
    ACCESS_MODEL,
    TASK_MAILS,
    MEMBERSHIPS,
    APPROVER_PROPOSALS,
    SECOND_STEP_RESETS,
    ACCESS_REQUESTS,
    TERMS,
    ACTIVITY,
    MAIL_PREFERENCES,
    WORKSPACE,
    REMIT_API,
    CLIENTS,
    FEDERATION,
    REPORTS,
    POPULATION,
    HOME,
    CONSOLE,
    OWN_DATA,
    ACCOUNT_CLOSING,
    ACCOUNT_JOINING,
    Room("approvals.port", APPROVALS(ApprovalsPort())),
)
