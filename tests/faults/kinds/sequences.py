"""Random sequences of operations over HTTP, each compared with a model of who holds what."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bench.http import Call as Request
from tests.faults.browser import Browser, redirected
from tests.faults.fault import Fault, Trial
from tests.faults.kinds.database import PROMISE
from tests.faults.stage import StagedPerson, StagedSchool
from tests.faults.users import AFTER_END, Approver, Member, shown_to_owner

SEQUENCE_SECONDS = 20.0
OPERATIONS = (
    *("enter", "enter", "refresh", "refresh", "claims", "account"),
    *("sign_out", "invite", "withdraw", "remove"),
)
"""Methods of the model; one that stands twice is chosen twice as often."""


@dataclass
class _Ending:
    """Something that works until its end."""

    ended_at: float | None = None

    @property
    def works(self) -> bool:
        return self.ended_at is None

    @property
    def is_settled(self) -> bool:
        """Whether the model knows its state: the end counts within AFTER_END seconds."""
        return self.ended_at is None or time.monotonic() - self.ended_at > AFTER_END

    def end(self) -> None:
        if self.ended_at is None:
            self.ended_at = time.monotonic()


@dataclass
class _Person(_Ending):
    """A member of a school who approves there, until they are removed."""

    staged: StagedPerson = field(kw_only=True)
    school: StagedSchool = field(kw_only=True)
    approver: Approver = field(kw_only=True)


@dataclass
class _Session(_Ending):
    cookie: str = field(kw_only=True)
    person: _Person = field(kw_only=True)
    member: Member = field(kw_only=True)


@dataclass
class _Family(_Ending):
    """The newest tokens of a sign-in at the service."""

    session: _Session = field(kw_only=True)
    tokens: Mapping[str, str] = field(kw_only=True)


@dataclass
class _Invitation(_Ending):
    member: str = field(kw_only=True)
    school: StagedSchool = field(kw_only=True)


Thing = TypeVar("Thing", bound=_Ending)


class Model:
    """Runs operations that are chosen at random, and notes each answer that it did not expect."""

    def __init__(self, trial: Trial, school: StagedSchool) -> None:
        self.trial = trial
        self.people = [self._person(each, school) for each in school.deputies]
        cookies = [(each, cookie) for each in self.people for cookie in each.staged.sessions[:-1]]
        self.sessions = [self._session(*each) for each in cookies]
        self.families: list[_Family] = []
        self.invitations: list[_Invitation] = []
        self.counts: Counter[str] = Counter()
        self._deck: list[str] = []

    async def step(self) -> None:
        """Run one operation: all of them in random order, and again in another."""
        if not self._deck:
            self._deck = self.trial.random.sample(OPERATIONS, len(OPERATIONS))
        name = self._deck.pop()
        operation = getattr(self, f"_{name}")
        if await operation():
            self.counts[name] += 1

    async def _enter(self) -> bool:
        session = self._one_of(self.sessions)
        if session is None:
            return False
        tokens = await session.member.enter()
        self._compare("a sign-in at the service", tokens is not None, session)
        if tokens is not None:
            self.families.append(_Family(session=session, tokens=tokens))
        return True

    async def _refresh(self) -> bool:
        family = self._one_of(self.families)
        if family is None:
            return False
        tokens = await family.session.member.refresh(family.tokens, "refresh")
        self._compare("a refresh", tokens is not None, family)
        family.tokens = tokens or family.tokens
        return True

    async def _claims(self) -> bool:
        family = self._one_of(self.families)
        if family is None:
            return False
        reply = await family.session.member.userinfo(family.tokens["access_token"], "userinfo")
        self._compare("an access token", reply.acknowledged, family)
        return True

    async def _account(self) -> bool:
        session = self._one_of(self.sessions)
        if session is None:
            return False
        browser = self._with_cookie(session)
        call = Request("/account", browser.cookies())
        reply = await browser.send("account", session.cookie, call, shown_to_owner)
        self._compare("the account page", reply.acknowledged, session)
        return True

    async def _sign_out(self) -> bool:
        session = self._one_of(self.sessions)
        if session is None or not session.works:
            return False
        browser = self._with_cookie(session)
        reply = await browser.submit(
            await browser.page("/sign-out"),
            {"sign_out": "yes"},
            redirected,
            operation="sign out",
            key=session.cookie,
            change=True,
        )
        self._compare("a sign-out", reply.acknowledged, session)
        self._end(session)
        return True

    async def _invite(self) -> bool:
        person = self._one_of(self.people)
        if person is None:
            return False
        member = await person.approver.invite()
        self._compare("an invitation", member is not None, person)
        if member is not None:
            self.invitations.append(_Invitation(member=member, school=person.school))
        return True

    async def _withdraw(self) -> bool:
        invitation = self._one_of(self.invitations)
        if invitation is None:
            return False
        person = self._one_of([each for each in self.people if each.school is invitation.school])
        if person is None:
            return False
        reply = await person.approver.remove(invitation.member)
        withdrawn = reply is not None and reply.acknowledged
        self._compare("a withdrawal", withdrawn, person, invitation)
        if withdrawn:
            invitation.end()
        return True

    async def _remove(self) -> bool:
        """Remove a person whose only organisation this is: all sessions end. Two people stay."""
        person = self._one_of(self.people)
        if person is None:
            return False
        colleagues = [each for each in self.people if each.school is person.school]
        other = self._one_of([each for each in colleagues if each is not person])
        if other is None or sum(each.works for each in colleagues) < 3:
            return False
        reply = await person.approver.remove(other.staged.membership)
        removed = reply is not None and reply.acknowledged
        self._compare("a removal", removed, person, other)
        if removed:
            other.end()
            for session in self.sessions:
                if session.person is other:
                    self._end(session)
        return True

    def _compare(self, name: str, succeeded: bool, *needed: _Ending) -> None:
        """Expect success if and only if all that the operation needs still works."""
        expected = all(each.works for each in needed)
        outcome = "succeeded" if succeeded else "failed"
        self.trial.expect(succeeded == expected, f"{name} {outcome} against the model")

    def _end(self, session: _Session) -> None:
        session.end()
        for family in self.families:
            if family.session is session:
                family.end()

    def _one_of(self, things: Sequence[Thing]) -> Thing | None:
        settled = [each for each in things if each.is_settled]
        return self.trial.random.choice(settled) if settled else None

    def _with_cookie(self, session: _Session) -> Browser:
        browser = session.member.browser
        browser.jar = {self.trial.stage.session_cookie: session.cookie}
        return browser

    def _person(self, staged: StagedPerson, school: StagedSchool) -> _Person:
        # The last session serves the approvers' pages alone, the others are signed in and out.
        own = replace(staged, sessions=staged.sessions[-1:])
        browser = self._browser(f"approver {staged.marker}")
        approver = Approver(browser, replace(school, approver=own), self.trial.stage, seed=0)
        return _Person(staged=staged, school=school, approver=approver)

    def _session(self, person: _Person, cookie: str) -> _Session:
        own = replace(person.staged, sessions=[cookie])
        browser = self._browser(f"member {own.marker}")
        member = Member(browser, own, self.trial.stage, seed=0)
        return _Session(cookie=cookie, person=person, member=member)

    def _browser(self, name: str) -> Browser:
        address = f"127.0.84.{self.trial.random.randint(1, 250)}"
        return Browser(name, self.trial.rig.port, self.trial.journal, address)


async def random_sequence(trial: Trial) -> None:
    """Run random operations for 20 seconds in two schools, and compare each answer."""
    models = [Model(trial, school) for school in trial.stage.schools]
    until = time.monotonic() + SEQUENCE_SECONDS

    async def run(model: Model) -> None:
        while time.monotonic() < until:
            await model.step()

    await asyncio.gather(*map(run, models))
    trial.heal()
    counts = sum((model.counts for model in models), Counter[str]())
    for name in OPERATIONS:
        trial.expect(counts[name] > 0, f"the sequence has no operation {name!r}")
    trial.notes.append(", ".join(f"{name}: {count}" for name, count in counts.items()))


SEQUENCE_FAULTS = (
    Fault(
        "F39",
        "random operations for 20 s, compared with a model",
        random_sequence,
        PROMISE,
        deputies=4,
        interrupts=False,
    ),
)
