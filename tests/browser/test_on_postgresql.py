"""The way of connecting is the same where the product runs on PostgreSQL."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import (
    Product,
    account_of,
    connect,
    expect_disconnected,
    log_in,
    open_calendar_sync,
)

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def test_a_mailbox_is_connected_checked_and_disconnected(page: Page, product: Product):
    log_in(page, product)
    open_calendar_sync(page, product)
    connect(page)
    account = account_of(page, "dana@google.example")
    expect(account.get_by_text("Connected", exact=True)).to_be_visible()
    page.get_by_role("button", name="Check now").click()
    expect(account.get_by_text("Connected", exact=True)).to_be_visible()
    page.get_by_role("link", name="Disconnect").click()
    page.get_by_role("button", name="Disconnect").click()
    expect_disconnected(page)
