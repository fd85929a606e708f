"""The product as it is really served: by Waitress, behind a proxy that speaks for others."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import requests
from flask import Flask
from waitress import wasyncore

from calsync.cli.serving import listen
from calsync.config import Settings
from tests.browsing import TOKEN
from tests.cast import PASSWORD, Person

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MakeApp = Callable[..., Flask]


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve as `calsync serve` does; give the address."""
    server = listen(app, "127.0.0.1", 0)
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            wasyncore.loop(timeout=0.05, map=server._map, count=1)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        stop.set()
        thread.join()
        server.task_dispatcher.shutdown()
        wasyncore.close_all(server._map)


@pytest.fixture
def address(settings: Settings, make_app: MakeApp) -> Iterator[str]:
    """Give the address of a product that believes one proxy."""
    with served(make_app(replace(settings, proxies=1))) as url:
        yield url


def log_in(address: str, dana: Person, password: str, asker: str) -> int:
    with requests.Session() as browser:
        browser.headers["X-Forwarded-For"] = asker
        found = TOKEN.search(browser.get(f"{address}/login", timeout=10).text)
        assert found
        form = {"tenant": dana.tenant, "email": dana.email, "password": password}
        answer = browser.post(
            f"{address}/login",
            data={**form, "csrf_token": found.group(1)},
            allow_redirects=False,
            timeout=10,
        )
        return answer.status_code


def test_a_guesser_elsewhere_keeps_nobody_else_out(address: str, dana: Person):
    statuses = [log_in(address, dana, "wrong", "203.0.113.9") for _ in range(11)]
    assert statuses == [422] * 10 + [429]
    assert log_in(address, dana, PASSWORD, "203.0.113.10") == 303


def test_a_guesser_cannot_pretend_to_be_many(address: str, dana: Person):
    # The proxy appends the true address to whatever its visitor claims.
    statuses = [
        log_in(address, dana, "wrong", f"198.51.100.{number}, 203.0.113.9") for number in range(11)
    ]
    assert statuses[-1] == 429


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded"])
def test_figures_are_not_for_who_comes_through_a_proxy(
    settings: Settings, make_app: MakeApp, name: str
):
    with served(make_app(settings)) as address:
        assert requests.get(f"{address}/metrics", timeout=10).status_code == 200
        through = requests.get(f"{address}/metrics", headers={name: "203.0.113.9"}, timeout=10)
    assert through.status_code == 404


def test_figures_need_the_token_where_people_come_over_tls(settings: Settings, make_app: MakeApp):
    settings = replace(settings, public_url="https://calsync.example", proxies=1)
    with served(make_app(settings)) as address:
        assert requests.get(f"{address}/metrics", timeout=10).status_code == 404


def test_a_proxys_word_changes_neither_host_nor_scheme(address: str):
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    answer = requests.get(f"{address}/", headers=headers, allow_redirects=False, timeout=10)
    assert answer.headers["Location"] == "/calendar"
