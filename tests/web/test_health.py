"""Whether the process lives and can serve, and its figures."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from calsync.app import start_loop, tools_of
from calsync.clock import SystemClock
from calsync.config import Settings


def test_a_process_that_lives_says_so(client: FlaskClient):
    assert client.get("/healthz").data == b"ok\n"


def test_ready_means_that_the_database_takes_writes(client: FlaskClient, app: Flask):
    assert client.get("/readyz").status_code == 200
    with tools_of(app).db.begin() as session:
        session.execute(text("DROP TABLE leases"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.data == b"not ready\n"


def test_another_schema_is_not_ready(client: FlaskClient, app: Flask):
    with tools_of(app).db.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    assert client.get("/readyz").status_code == 503


def test_cronofy_away_does_not_make_us_unready(settings: Settings, make_app: Callable[..., Flask]):
    away = replace(settings, cronofy=replace(settings.cronofy, api_url="http://127.0.0.1:9"))
    assert make_app(away).test_client().get("/readyz").status_code == 200


def test_where_due_work_should_be_done_somebody_has_to_do_it(
    settings: Settings, make_app: Callable[..., Flask]
):
    app = make_app(settings, clock=SystemClock())
    loop = start_loop(app)
    try:
        wait_for(lambda: app.test_client().get("/readyz").status_code == 200)
    finally:
        loop.stop()
    assert app.test_client().get("/readyz").status_code == 503


def test_figures_are_for_this_machine(app: Flask, link: Callable[..., str]):
    link()
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    assert 'linked_accounts{status="connected"} 1.0' in answer.text
    assert 'due_rows{kind="check_account"} 1.0' in answer.text
    assert "due_oldest_seconds" in answer.text
    assert 'integrations{state="active"} 0.0' in answer.text
    assert "quarantined_events 0.0" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"X-Forwarded-Proto": "https"},
    ],
)
def test_figures_are_not_for_who_comes_through_a_proxy(
    client: FlaskClient, headers: dict[str, str]
):
    assert client.get("/metrics", headers=headers).status_code == 404


def test_figures_are_for_others_with_the_token_alone(
    settings: Settings, make_app: Callable[..., Flask]
):
    app = make_app(replace(settings, metrics_token="a metrics token"))
    far = app.test_client()
    far.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert far.get("/metrics").status_code == 404
    for wrong in ("", "Bearer ", "Bearer wrong", "Bearer é"):
        assert far.get("/metrics", headers={"Authorization": wrong}).status_code == 404
    right = {"Authorization": "Bearer a metrics token"}
    assert far.get("/metrics", headers=right).status_code == 200


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    clock = SystemClock()
    end = clock.monotonic() + seconds
    while not condition():
        assert clock.monotonic() < end, "It did not happen in time."
        clock.sleep(0.05)
