"""Puts the floor together: one line per room, in the order of dependence."""

from collections.abc import Callable

from flask import Flask

from approvals import access_cache
from approvals.access_model.install import install as access_model
from approvals.activity.install import install as activity
from approvals.clients.install import install as clients
from approvals.console.install import install as console
from approvals.home.install import install as home
from approvals.memberships.install import install as memberships
from approvals.organisations.install import install as organisations
from approvals.population.install import install as population
from approvals.port import ApprovalsPort
from approvals.remit_api.install import install as remit_api
from approvals.remits.install import install as remits
from approvals.reports.install import install as reports
from approvals.terms.install import install as terms
from approvals.workspace.install import install as workspace
from identity import ports

ROOMS: list[Callable[[Flask], None]] = [
    organisations,
    remits,
    access_model,
    terms,
    memberships,
    workspace,
    remit_api,
    home,
    activity,
    console,
    clients,
    reports,
    population,
]


def install(app: Flask) -> None:
    """Add the rooms of this floor to the application, and register the port."""
    access_cache.install(app)
    for room in ROOMS:
        room(app)
    ports.register(app, ApprovalsPort())
