"""Virtual users of the load. Each `turn` is a short journey; every request is journaled."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.http import Answer, Call
from tests.faults.browser import Browser, Reply, redirected
from tests.faults.stage import CALLBACK, SCOPE, Stage, StagedPerson, StagedSchool
from tests.identity.oidc.relying_party import Verifier

AFTER_END = 1.0
"""Seconds after an acknowledged sign-out or removal at which nothing may work any more."""


class Member:
    """Signs in to the service, uses the tokens, refreshes them, and signs out now and then."""

    def __init__(self, browser: Browser, person: StagedPerson, stage: Stage, seed: int) -> None:
        self.browser = browser
        self.person = person
        self.stage = stage
        self.random = Random(seed)
        self._sessions = iter(person.sessions)
        self._session = next(self._sessions, "")
        self._turns = 0

    async def turn(self) -> None:
        """One visit to the service."""
        self._turns += 1
        tokens = await self.enter()
        if tokens is None:
            return
        await self.userinfo(tokens["access_token"], "userinfo")
        tokens = await self.refresh(tokens, "refresh") or tokens
        await self.userinfo(tokens["access_token"], "userinfo")
        if self._turns % 3 == 0:
            await self._sign_out(tokens)

    async def enter(self) -> Mapping[str, str] | None:
        """Return the tokens of a new sign-in at the service; None if it failed."""
        form = await self.authorization()
        return None if form is None else await self._tokens("exchange", form["code"], form)

    async def authorization(self) -> dict[str, str] | None:
        """Return the form that redeems a new code; None without one."""
        verifier = Verifier()
        query = urlencode(
            {
                "client_id": self.stage.client_id,
                "redirect_uri": CALLBACK,
                "response_type": "code",
                "scope": SCOPE,
                "state": secrets.token_hex(8),
                "code_challenge": verifier.challenge,
                "code_challenge_method": "S256",
            }
        )
        self.browser.jar[self.stage.session_cookie] = self._session
        call = Call(f"/authorize?{query}", self.browser.cookies())
        reply = await self.browser.send("authorize", self._session, call, _code, change=True)
        if not reply.acknowledged:
            return None
        return {
            "grant_type": "authorization_code",
            "code": reply.data["code"],
            "redirect_uri": CALLBACK,
            "code_verifier": verifier.text,
        }

    async def refresh(self, tokens: Mapping[str, str], operation: str) -> Mapping[str, str] | None:
        """Return the tokens of a refresh. It is sent again after a failure, as a client does."""
        token = tokens["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return await self._tokens(operation, token, form)

    async def userinfo(self, access_token: str, operation: str) -> Reply:
        """Ask for the person's claims."""
        call = Call("/userinfo", {"Authorization": f"Bearer {access_token}"})
        return await self.browser.send(operation, access_token, call, subject_of)

    async def probe(self, tokens: Mapping[str, str], *, session: bool) -> None:
        """Use everything that an acknowledged end has ended."""
        await asyncio.sleep(AFTER_END)
        await self.userinfo(tokens["access_token"], "use after end")
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        await self._tokens("use after end", tokens["refresh_token"], form, again=False)
        if session:
            call = Call("/account", self.browser.cookies())
            await self.browser.send("use after end", self._session, call, shown_to_owner)

    async def _sign_out(self, tokens: Mapping[str, str]) -> None:
        page = await self.browser.page("/sign-out")
        if page.answer is None or not page.acknowledged:
            return
        reply = await self.browser.submit(
            page,
            {"sign_out": "yes"},
            redirected,
            operation="sign out",
            key=self._session,
            change=True,
        )
        if reply.acknowledged:
            self.browser.jar[self.stage.session_cookie] = self._session
            await self.probe(tokens, session=True)
        self._session = next(self._sessions, "")

    async def _tokens(
        self, operation: str, key: str, form: Mapping[str, str], *, again: bool = True
    ) -> Mapping[str, str] | None:
        call = Call("/token", {"Authorization": basic(self.stage)}, form)
        reply = await self.browser.send(operation, key, call, issued, change=True)
        if reply.unknown and again:
            await asyncio.sleep(0.5)
            reply = await self.browser.send(operation, key, call, issued, change=True)
        return reply.data if reply.acknowledged else None


class Approver:
    """Adds people to a school and removes them, by the pages; removes people who are signed in."""

    def __init__(self, browser: Browser, school: StagedSchool, stage: Stage, seed: int) -> None:
        self.browser = browser
        self.school = school
        self.stage = stage
        self.random = Random(seed)
        self._leavers = iter(school.leavers)
        self._turns = 0
        browser.jar[stage.session_cookie] = school.approver.sessions[0]

    async def turn(self) -> None:
        """Invite somebody; withdraw every second invitation; remove a member every third turn."""
        self._turns += 1
        member = await self.invite()
        if member is not None and self._turns % 2 == 0:
            await self.remove(member)
        if self._turns % 3 == 1:
            await self._remove_leaver()

    async def invite(self) -> str | None:
        """Add a person by the pages. Return the id of the membership, None if it failed."""
        email = f"new-{secrets.token_hex(6)}@faults.example"
        page = await self.browser.page(f"/o/{self.school.public_id}/users/new")
        for values in (
            {
                "email": email,
                "given_name": "New",
                "family_name": "Person",
                "group_school_performance": "School_Named",
                "day": "",
                "month": "",
                "year": "",
            },
        ):
            if page.answer is None or page.answer.status != 200:
                return None
            reply = await self.browser.submit(page, values, redirected)
            if not reply.acknowledged:
                return None
            page = await self.browser.page(reply.data["location"])
        if page.answer is None or page.answer.status != 200:
            return None
        reply = await self.browser.submit(
            page, {}, redirected, operation="invite", key=email, change=True
        )
        if not reply.acknowledged:
            return None
        await self.browser.page(reply.data["location"])
        query = urlencode({"q": email})
        done = await self.browser.page(f"/o/{self.school.public_id}/users?{query}")
        found = _MEMBER.search(done.answer.body.decode()) if done.answer else None
        return found[1] if found else None

    async def remove(self, member: str) -> Reply | None:
        """Remove a member, or withdraw an invitation. Return the reply to the last form."""
        page = await self.browser.page(f"/o/{self.school.public_id}/users/{member}/remove")
        if page.answer is None or page.answer.status != 200:
            return None
        return await self.browser.submit(
            page, {}, redirected, operation="remove", key=member, change=True
        )

    async def _remove_leaver(self) -> None:
        person = next(self._leavers, None)
        if person is None:
            return
        own = replace(
            self.browser, name=f"leaver {person.marker}", jar={}, _reader=None, _writer=None
        )
        leaver = Member(own, person, self.stage, seed=0)
        tokens = await leaver.enter()
        reply = await self.remove(person.membership)
        if tokens is not None and reply is not None and reply.acknowledged:
            await leaver.probe(tokens, session=False)
        own.close()


class Service:
    """A client with tokens of its own."""

    def __init__(self, browser: Browser, stage: Stage) -> None:
        self.browser = browser
        self.stage = stage

    async def turn(self) -> None:
        """One token."""
        form = {"grant_type": "client_credentials"}
        call = Call("/token", {"Authorization": basic(self.stage)}, form)
        await self.browser.send("credentials", self.stage.client_id, call, issued, change=True)


class Guesser:
    """Guesses the password of a person, and would be let in by a throttle that fails open."""

    def __init__(self, browser: Browser, person: StagedPerson, operation: str = "guess") -> None:
        self.browser = browser
        self.person = person
        self.operation = operation

    async def turn(self) -> None:
        """One wrong password."""
        self.browser.jar.clear()
        page = await self.browser.page("/sign-in")
        if page.answer is None or page.answer.status != 200:
            return
        form = {"email": self.person.email, "password": secrets.token_hex(8)}
        await self.browser.submit(
            page, form, redirected, operation=self.operation, key=self.person.email
        )


def basic(stage: Stage) -> str:
    """Return the client's authentication."""
    pair = f"{stage.client_id}:{stage.client_secret}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


_MEMBER = re.compile(r"/users/([0-9a-f-]{36})")


def _code(answer: Answer) -> Mapping[str, str] | None:
    location = answer.headers.get("location", "")
    code = parse_qs(urlsplit(location).query).get("code")
    return {"code": code[0]} if answer.status == 303 and code else None


def issued(answer: Answer) -> Mapping[str, str] | None:
    """Acknowledge issued tokens."""
    if answer.status != 200:
        return None
    body = json.loads(answer.body)
    return {
        name: body[name] for name in ("access_token", "refresh_token", "id_token") if name in body
    }


def shown_to_owner(answer: Answer) -> Mapping[str, str] | None:
    """Acknowledge a page of a person who is signed in."""
    return {} if answer.status == 200 else None


def subject_of(answer: Answer) -> Mapping[str, str] | None:
    """Acknowledge the claims of a person."""
    return {"sub": json.loads(answer.body)["sub"]} if answer.status == 200 else None
