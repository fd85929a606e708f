"""Logging in, and everything that ends a login."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher, extract_parameters

from calsync.db.users import get_user
from calsync.services import passwords, people
from calsync.services.login import (
    WrongPassword,
    change_password,
    find_live_login,
    list_live_logins,
    log_in,
    log_out,
)
from calsync.services.passwords import WeakPassword, refuse_weak_password
from calsync.services.tools import Tools
from tests.cast import PASSWORD, Person
from tests.clocks import FakeClock

NEW = "amber kettle nineteen"


def enter(tools: Tools, person: Person, password: str = PASSWORD) -> str | None:
    return log_in(
        tools, tenant_slug=person.tenant, email=person.email, password=password, browser="Firefox"
    )


def is_alive(tools: Tools, secret: str | None, *, extend: bool = True) -> bool:
    return find_live_login(tools, secret or "", extend=extend) is not None


def test_the_right_password_opens_a_login(tools: Tools, dana: Person) -> None:
    login = find_live_login(tools, enter(tools, dana) or "", extend=True)
    assert login
    assert (login.user.email, login.tenant.slug) == (dana.email, "acme")


def test_case_and_blanks_of_address_and_tenant_do_not_matter(tools: Tools, dana: Person) -> None:
    assert log_in(
        tools, tenant_slug="ACME", email=" Dana@Acme.Example ", password=PASSWORD, browser=""
    )


@pytest.mark.parametrize(
    ("tenant", "email", "password"),
    [
        ("acme", "dana@acme.example", "wrong password"),
        ("acme", "nobody@acme.example", PASSWORD),
        ("nowhere", "dana@acme.example", PASSWORD),
        ("evil", "dana@acme.example", PASSWORD),
        ("acme", "dana@acme.example", PASSWORD + "\x00"),
        ("acme", "dana@acme.example", "x" * 100_000),
    ],
)
def test_a_refusal_costs_one_verification_whoever_it_is_for(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, tenant: str, email: str, password: str
) -> None:
    verifications = []
    verify = PasswordHasher.verify

    def count(self: PasswordHasher, *arguments: object) -> object:
        verifications.append(arguments)
        return verify(self, *arguments)

    monkeypatch.setattr(PasswordHasher, "verify", count)
    assert not log_in(tools, tenant_slug=tenant, email=email, password=password, browser="")
    assert len(verifications) == 1


def test_a_disabled_user_is_shut_out_everywhere_at_once(tools: Tools, dana: Person) -> None:
    secret = enter(tools, dana)
    people.set_disabled(tools, "acme", dana.email, is_disabled=True)
    assert not is_alive(tools, secret)
    assert enter(tools, dana) is None
    people.set_disabled(tools, "acme", dana.email, is_disabled=False)
    assert enter(tools, dana)


def test_a_login_ends_at_logout(tools: Tools, dana: Person) -> None:
    secret = enter(tools, dana)
    login = find_live_login(tools, secret or "", extend=True)
    assert login
    log_out(tools, login.who)
    assert not is_alive(tools, secret)


def test_a_login_ends_after_half_an_hour_of_silence(
    tools: Tools, dana: Person, clock: FakeClock
) -> None:
    secret = enter(tools, dana)
    for _ in range(3):
        clock.move(timedelta(minutes=29))
        assert is_alive(tools, secret)
    clock.move(timedelta(minutes=30))
    assert not is_alive(tools, secret)


def test_a_page_that_refreshes_itself_keeps_no_login_alive(
    tools: Tools, dana: Person, clock: FakeClock
) -> None:
    secret = enter(tools, dana)
    for _ in range(10):
        clock.move(timedelta(minutes=3))
        alive = is_alive(tools, secret, extend=False)
    assert not alive


def test_a_login_ends_after_twelve_hours_whatever_is_done(
    tools: Tools, dana: Person, clock: FakeClock
) -> None:
    secret = enter(tools, dana)
    for _ in range(12 * 60 // 20 - 1):
        clock.move(timedelta(minutes=20))
        assert is_alive(tools, secret)
    clock.move(timedelta(minutes=20))
    assert not is_alive(tools, secret)


def test_a_new_password_ends_every_other_login(tools: Tools, dana: Person) -> None:
    here, there = enter(tools, dana), enter(tools, dana)
    login = find_live_login(tools, here or "", extend=True)
    assert login
    assert len(list_live_logins(tools, login.who)) == 2
    change_password(tools, login.who, current=PASSWORD, new=NEW)
    assert is_alive(tools, here)
    assert not is_alive(tools, there)
    assert enter(tools, dana) is None
    assert enter(tools, dana, NEW)


def test_a_password_is_not_changed_without_the_present_one(tools: Tools, dana: Person) -> None:
    with pytest.raises(WrongPassword):
        change_password(tools, dana.who, current="not this", new=NEW)
    assert enter(tools, dana)


def test_an_administrators_new_password_ends_every_login(tools: Tools, dana: Person) -> None:
    secret = enter(tools, dana)
    people.set_password(tools, "acme", dana.email, NEW)
    assert not is_alive(tools, secret)


@pytest.mark.usefixtures("real_passwords")
def test_passwords_are_kept_as_argon2id_with_owasps_least(tools: Tools, dana: Person) -> None:
    people.set_password(tools, "acme", dana.email, NEW)
    with tools.db.read() as session:
        stored = get_user(session, dana.who.tenant_id, dana.who.user_id).password_hash
    found = extract_parameters(stored)
    assert stored.startswith("$argon2id$")
    assert (found.memory_cost, found.time_cost, found.parallelism) == (19 * 1024, 2, 1)


@pytest.mark.usefixtures("real_passwords")
def test_an_older_hash_is_renewed_at_the_next_login(tools: Tools, dana: Person) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with tools.db.begin() as session:
        get_user(session, dana.who.tenant_id, dana.who.user_id).password_hash = weak
    assert enter(tools, dana)
    with tools.db.read() as session:
        stored = get_user(session, dana.who.tenant_id, dana.who.user_id).password_hash
    assert not passwords.is_outdated(stored)
    assert enter(tools, dana)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "short"),
        ("x" * 257, "long"),
        ("calsync-2026!", "easy"),
        ("password1234", "easy"),
        ("dana.reyes99", "easy"),
        ("aaaaaaaaaaaa", "easy"),
        ("abababababab", "easy"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused(password: str, fault: str) -> None:
    with pytest.raises(WeakPassword, match=fault):
        refuse_weak_password(password, "dana@acme.example", "Dana.Reyes")


@pytest.mark.parametrize(
    "password", ["correct horse battery", "пароль із слів", "🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵"]
)
def test_any_characters_make_a_password(password: str) -> None:
    refuse_weak_password(password, "dana@acme.example", "Dana Reyes")
