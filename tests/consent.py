"""Giving consent at the sandbox's portal, as a person does, without a browser."""

from urllib.parse import parse_qsl, urlsplit

import requests

PROVIDERS = {
    "google": "google",
    "office365": "office365",
    "exchange": "exchange",
    "outlook": "live_connect",
    "icloud": "apple",
}


def consent(
    authorize_url: str, mailbox: str = "dana@google.example", *, answer: str = "allow"
) -> dict[str, str]:
    """Return what Cronofy would send back to the callback: code or error, and state."""
    provider = PROVIDERS[mailbox.partition("@")[2].partition(".")[0]]
    url = authorize_url
    if "provider_name=" not in url:
        url += f"&provider_name={provider}"
    form = {"email": mailbox, "password": "sandbox", "server": "mail.exchange.example"}
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.post(url, data=form, timeout=10)
        assert page.status_code == 200, page.text
        back = browser.post(page.url, data={"answer": answer}, allow_redirects=False, timeout=10)
    assert back.status_code == 302, back.text
    return dict(parse_qsl(urlsplit(back.headers["Location"]).query))
