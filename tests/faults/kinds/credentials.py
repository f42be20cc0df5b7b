"""Kills while people change their credentials."""

from __future__ import annotations

import asyncio
import re
import secrets

import pyotp

from bench.http import Call as Request
from tests.faults.browser import Browser, Reply, local, redirected, shown
from tests.faults.fault import Trial
from tests.faults.journal import REFUSED
from tests.faults.kinds.processes import all_replaced, kill_one, killing
from tests.faults.stage import StagedPerson
from tests.faults.users import AFTER_END, shown_to_owner

KILLS = 10
TRIES = 6
MAIL_SECONDS = 20.0
SECOND_STEP = "/account/second-step"
_SECRET = re.compile(r'class="sa-key">([A-Z2-7 ]+)<')


async def kill_during_changes(trial: Trial) -> None:
    """Let people change their authenticator app, then reset their password, during kills."""
    people = [person for school in trial.stage.schools for person in school.deputies]
    changes = asyncio.gather(*(_change(trial, person, n) for n, person in enumerate(people)))
    for _ in range(KILLS):
        await asyncio.sleep(trial.random.uniform(0.8, 2))
        kill_one(trial)
    trial.heal()
    await all_replaced(trial)
    done = await changes
    for number, name in enumerate(("authenticator apps", "passwords")):
        changed = sum(each[number] for each in done)
        trial.expect(changed > len(people) / 2, f"only {changed} of {len(people)} {name} changed")
        trial.notes.append(f"{changed} {name} changed")


async def _change(trial: Trial, person: StagedPerson, number: int) -> tuple[bool, bool]:
    """Return whether the app and the password were changed and acknowledged."""
    # All of them, one after the other, while workers are killed.
    await asyncio.sleep(number * 1.2)
    name, address = f"deputy {person.marker}", f"127.0.82.{number + 1}"
    browser = Browser(name, trial.rig.port, trial.journal, address)
    try:
        return await _change_app(trial, browser, person), await _reset(trial, browser, person)
    finally:
        browser.close()


async def _change_app(trial: Trial, browser: Browser, person: StagedPerson) -> bool:
    """Change the app in the person's first session, which stays. The other sessions end."""
    kept, *others = person.sessions
    cookie = trial.stage.session_cookie
    for _ in range(TRIES):
        browser.jar[cookie] = kept
        page = await browser.page(SECOND_STEP)
        begun = await browser.submit(page, {}, redirected, action=f"{SECOND_STEP}/app")
        if begun.acknowledged:
            reply = await _prove_app(browser, person, begun.data["location"])
            if reply.acknowledged:
                await _use_ended(browser, others, cookie)
                return True
        await asyncio.sleep(1)
    return False


async def _prove_app(browser: Browser, person: StagedPerson, path: str) -> Reply:
    page = await browser.page(path)
    found = _SECRET.search(page.answer.body.decode()) if page.answer is not None else None
    if found is None:
        return page if not page.acknowledged else Reply(REFUSED, page.answer, {})
    secret = found[1].replace(" ", "")
    return await browser.submit(
        page,
        {"code": pyotp.TOTP(secret).now()},
        redirected,
        operation="change app",
        key=person.subject,
        change=True,
        action="/prove",
        secret=secret,
    )


async def _reset(trial: Trial, browser: Browser, person: StagedPerson) -> bool:
    """Return whether a new password was set and acknowledged, in a browser without a session."""
    browser.jar.clear()
    try:
        link = await _request_link(trial, browser, person)
        for _ in range(TRIES):
            reply = await browser.send("page", "reset", Request(link, browser.cookies()), shown)
            if reply.acknowledged and reply.answer is not None:
                path = local(link, reply.answer.headers["location"])
                return await _set_password(browser, person, path, trial.stage.session_cookie)
            await asyncio.sleep(1)
        return False
    except TimeoutError:
        return False


async def _request_link(trial: Trial, browser: Browser, person: StagedPerson) -> str:
    """Return the path of the mailed link. A request whose answer was lost is sent again."""
    for _ in range(TRIES):
        page = await browser.page("/forgot-password")
        if page.acknowledged:
            reply = await browser.submit(page, {"email": person.email}, redirected)
            if reply.acknowledged:
                return await _mailed_link(trial, person)
        await asyncio.sleep(1)
    raise TimeoutError("no reset link was requested")


async def _mailed_link(trial: Trial, person: StagedPerson) -> str:
    pattern = re.compile(rf"http://localhost:{trial.rig.port}(/reset-password/\S+)")
    async with asyncio.timeout(MAIL_SECONDS):
        while True:
            # A later link supersedes those before it.
            for mail in reversed(list(trial.rig.mail.received)):
                if person.email in mail.recipients and (found := pattern.search(mail.text)):
                    return found[1]
            await asyncio.sleep(0.1)


async def _set_password(browser: Browser, person: StagedPerson, path: str, cookie: str) -> bool:
    password = f"kettle {secrets.token_hex(8)} orbit"
    for _ in range(TRIES):
        page = await browser.page(path)
        if page.answer is not None and page.answer.status == 410:
            return True  # The try whose answer was lost has set it.
        if page.answer is not None and page.answer.status == 200:
            reply = await browser.submit(
                page,
                {"password": password},
                redirected,
                operation="reset",
                key=person.subject,
                change=True,
                password=password,
            )
            if reply.acknowledged:
                await _use_ended(browser, person.sessions, cookie)
                return True
            if not reply.unknown:
                return False
        await asyncio.sleep(1)
    return False


async def _use_ended(browser: Browser, sessions: list[str], cookie: str) -> None:
    await asyncio.sleep(AFTER_END)
    for session in sessions:
        cookies = {"Cookie": f"{cookie}={session}"}
        await browser.send("use after end", session, Request("/account", cookies), shown_to_owner)


CREDENTIAL_FAULTS = (
    killing(
        "F06",
        "kill -9 of workers while 8 people change app and password",
        kill_during_changes,
        deputies=4,
    ),
)
