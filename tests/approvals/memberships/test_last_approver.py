"""Every change that ends what an approver can do goes through one rule."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app.clock import now
from app.database import db, writing
from app.refusal import RefusalError
from approvals.memberships import facts, rules, suspension
from approvals.memberships.actions import leave, remove_member, stop_approver, suspend_member
from approvals.memberships.actions.closing import close_membership
from approvals.memberships.models import Membership, SuspensionKind
from approvals.organisations.models import Organisation
from tests.approvals import world
from tests.races import race
from wsgi import ROOT

ENDS = {
    ("approvals/memberships/actions/appointments.py", "stop_approver"),
    ("approvals/memberships/actions/closing.py", "close_membership"),
    ("approvals/memberships/stand_ins.py", "end_spell"),
    ("approvals/memberships/suspension.py", "_begin"),
}
"""Functions that end an appointment, a membership or a stand-in, or suspend a membership."""
WITHOUT_MEMBERSHIP = {
    ("approvals/account_closing/actions.py", "announce"),
    ("approvals/account_closing/actions.py", "erase"),
}
"""Functions that change accounts which belong to no organisation (`account_closing.ties`)."""
UNGUARDED = {
    "continue_in": "A merge: the person was suspended already in the organisation that closes.",
    "suspend_after_reset": "Others reset the second step. Operators open the access again.",
    "suspend_for_connection": "An act of operators, who switch off a provider.",
}
"""Functions that suspend a membership without the rule, each with its reason."""


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted((ROOT / "approvals").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield path.relative_to(ROOT).as_posix(), node


def called(function: ast.FunctionDef) -> set[str]:
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {each.id for each in calls if isinstance(each, ast.Name)} | {
        each.attr for each in calls if isinstance(each, ast.Attribute)
    }


def ends_an_approver(function: ast.FunctionDef) -> bool:
    """Whether the function closes a row on which being an approver rests, or suspends one."""
    targets = [
        target
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)
    ]
    closes = any(
        target.attr == "valid_to"
        and isinstance(target.value, ast.Name)
        and target.value.id in {"membership", "appointment", "locked", "former"}
        for target in targets
    )
    statements = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "update"
        and any(
            isinstance(each, ast.Name) and each.id in {"Appointment", "Account", "StandIn"}
            for each in node.args
        )
    ]
    return closes or bool(statements) or "MembershipSuspension" in called(function)


def test_changes_that_end_an_approver_are_the_known_ones_and_ask_the_rule() -> None:
    found = {(path, each.name): each for path, each in functions() if ends_an_approver(each)}
    assert set(found) == ENDS | WITHOUT_MEMBERSHIP
    for (path, name), function in found.items():
        if name not in {"_begin", "end_spell"} and (path, name) not in WITHOUT_MEMBERSHIP:
            assert "keep_an_approver" in called(function), name
    endings = {each.name: each for _, each in functions() if "end_spell" in called(each)}
    # Of a stand-in who is made an approver, the part as an approver goes on.
    assert set(endings) == {"close_membership", "end_stand_in", "make_approver"}
    for name in ("close_membership", "end_stand_in"):
        assert "keep_an_approver" in called(endings[name]), name
    callers = {each.name: each for _, each in functions() if "_begin" in called(each)}
    assert set(callers) == {"begin", *UNGUARDED}
    assert "keep_an_approver" in called(callers["begin"])


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


def test_last_approver_is_kept_by_every_act(school: Organisation) -> None:
    ann = world.member(school, "ann@ashfield.example", approver=True)
    world.invited(school, "pat@ashfield.example", approver=True)
    acts: list[Callable[[], object]] = [
        lambda: stop_approver(ann, actor=world.COMMAND),
        lambda: remove_member(ann, actor=world.COMMAND),
        lambda: leave(ann, actor=world.acting(ann)),
        lambda: suspend_member(ann, reason="Away", actor=world.COMMAND),
    ]
    for act in acts:
        with pytest.raises(RefusalError) as error:
            act()
        assert error.value.refusal == rules.LAST_APPROVER
    assert facts.active_approvers(school.id).accounts == {ann.account_id}


def test_last_approver_is_kept_by_the_changes_themselves(school: Organisation) -> None:
    """A job that ends or suspends memberships cannot forget the rule."""
    ann = world.member(school, "ann@ashfield.example", approver=True)
    for act in (_close, _suspend):
        with pytest.raises(RefusalError) as error:
            act(school, ann)
        assert error.value.refusal == rules.LAST_APPROVER
    assert facts.active_approvers(school.id).accounts == {ann.account_id}


def _close(school: Organisation, member: Membership) -> None:
    with writing() as session:
        locked = facts.lock_membership(session, member)
        close_membership(session, locked, school, cause="ended", at=now(), actor=world.COMMAND)


def _suspend(_school: Organisation, member: Membership) -> None:
    with writing() as session:
        locked = facts.lock_membership(session, member)
        suspension.begin(
            locked, SuspensionKind.APPROVER, "away", at=now(), suspended_by=world.COMMAND
        )


def test_forty_approvers_who_remove_each_other_leave_one(app: Flask, school: Organisation) -> None:
    pair = [
        world.member(school, f"{name}@ashfield.example", approver=True) for name in ("ann", "bob")
    ]
    actors = [world.acting(each) for each in pair]
    keys = [each.id for each in pair]

    def act(number: int) -> str:
        other = db.session.get_one(Membership, keys[1 - number % 2])
        try:
            remove_member(other, actor=actors[number % 2])
        except RefusalError as error:
            return error.refusal.code
        return "removed"

    outcomes = race(app, act)
    assert outcomes.count("removed") == 1
    assert len(facts.active_approvers(school.id).accounts) == 1
