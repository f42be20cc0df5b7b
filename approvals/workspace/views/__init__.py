"""The approvers' pages about people, and leaving an organisation."""

from flask import Blueprint

from approvals.workspace.views import (
    access,
    add,
    address,
    appointments,
    invitations,
    removal,
    schools,
    second_step,
    sign_in_link,
    stand_ins,
    suspension,
    switch,
    users,
    waiting_access,
    why,
)


def blueprint() -> Blueprint:
    """Return all routes of these pages."""
    pages = Blueprint("memberships", __name__)
    for module in (
        users,
        add,
        access,
        appointments,
        removal,
        suspension,
        stand_ins,
        sign_in_link,
        invitations,
        address,
        second_step,
        schools,
        switch,
        waiting_access,
        why,
    ):
        module.add_to(pages)
    return pages
