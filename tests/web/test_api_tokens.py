"""Tokens on the account page: shown once, listed, revoked."""

import re

from flask import Flask
from flask.testing import FlaskClient

from calsync.services.api_tokens import MOST_TOKENS, create_token, list_live_tokens
from calsync.services.tools import Tools
from tests.browsing import LogIn, post
from tests.cast import Person


def test_a_token_is_shown_once_works_and_is_revoked(
    app: Flask, tools: Tools, dana: Person, logged_in: LogIn
):
    browser = logged_in(dana)
    assert "/account/tokens" in browser.get("/account").text
    made = post(browser, "/account/tokens", {"name": "Our <PSA>"})
    found = re.search(r'id="secret">(cs_[\w-]+)<', made.text)
    assert found
    secret = found.group(1)
    program = {"Authorization": f"Bearer {secret}"}
    assert app.test_client().get("/api/v1/items", headers=program).status_code == 200
    page = browser.get("/account/tokens").text
    assert secret not in page
    assert "Our &lt;PSA&gt;" in page
    [token] = list_live_tokens(tools, dana.who)
    answer = post(browser, f"/account/tokens/{token.id}/revoke")
    assert answer.status_code == 303
    assert "The token is revoked" in browser.get("/account/tokens").text
    assert app.test_client().get("/api/v1/items", headers=program).status_code == 401


def test_a_token_without_a_name_or_too_many_are_refused_at_the_field(
    tools: Tools, dana: Person, logged_in: LogIn
):
    browser = logged_in(dana)
    for name in ("", "   ", "x" * 101):
        assert post(browser, "/account/tokens", {"name": name}).status_code == 422
    for number in range(MOST_TOKENS):
        create_token(tools, dana.who, f"PSA {number}")
    answer = post(browser, "/account/tokens", {"name": "one more"})
    assert answer.status_code == 422
    assert f"You have {MOST_TOKENS} tokens" in answer.text


def test_the_reference_is_a_page_of_our_own_for_everybody(client: FlaskClient):
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    for word in ("PUT /api/v1/items/by-external-id/{external_id}", "schema-ItemIn", "Bearer"):
        assert word in page.text
    # What makes something can be repeated without making it twice.
    repeatable = page.text.count("Idempotency-Key</samp>")
    assert repeatable >= 3
    assert client.get("/api/v1/docs").text.count("Idempotency-Key</samp>") == repeatable
