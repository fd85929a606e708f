"""Settings: read once, judged in plain sentences."""

from pathlib import Path

import pytest

from calsync.config import DATA_CENTERS, Settings, read_settings
from calsync.errors import SettingsError
from calsync.keys import new_key

GOOD = {
    "CALSYNC_SECRET_KEY": "Qx7vN2kLp9RtYw3ZsBd6HfJm8CgVuEaT",
    "CALSYNC_TOKEN_KEYS": f"k1:{new_key()}",
    "CALSYNC_PUBLIC_URL": "https://calsync.example",
    "CALSYNC_PROXIES": "1",
    "CRONOFY_CLIENT_ID": "an-id",
    "CRONOFY_CLIENT_SECRET": "CRN_a-secret",
}


def read(**changes: str | None) -> Settings:
    environment = {**GOOD, **changes}
    return read_settings({name: value for name, value in environment.items() if value is not None})


def complaint(**changes: str | None) -> str:
    with pytest.raises(SettingsError) as caught:
        read(**changes)
    return str(caught.value)


def test_good_settings_are_read():
    settings = read()
    assert settings.redirect_uri == "https://calsync.example/calendar-sync/callback"
    assert settings.is_https
    assert settings.host == "calsync.example"
    assert settings.cronofy.api_url == "https://api.cronofy.com"
    assert (settings.cronofy.per_second, settings.cronofy.per_minute) == (50, 500)


def test_everything_that_is_missing_is_said_at_once():
    with pytest.raises(SettingsError) as caught:
        read_settings({})
    text = str(caught.value)
    needed = set(GOOD) - {"CALSYNC_PROXIES"}
    for name in needed:
        assert f"{name} is missing" in text
    assert text.count("\n- ") == len(needed)


def test_behind_a_proxy_that_speaks_tls_it_has_to_be_said_how_many_there_are():
    assert "CALSYNC_PROXIES is missing" in complaint(CALSYNC_PROXIES=None)
    assert read(CALSYNC_PROXIES="0").proxies == 0
    assert read(CALSYNC_PROXIES="2").proxies == 2
    assert "from 0 up" in complaint(CALSYNC_PROXIES="many")


@pytest.mark.parametrize(
    "secret",
    ["short", "a" * 64, "changeme" * 5, "secret" * 8, "abcabcabcabcabcabcabcabcabcabcabcabc"],
)
def test_a_weak_secret_is_refused(secret: str):
    assert "CALSYNC_SECRET_KEY is weak" in complaint(CALSYNC_SECRET_KEY=secret)


@pytest.mark.parametrize(
    "keys", ["k1", "k1:", "k1:short", ":" + "A" * 43, "k 1:" + "A" * 43, "k1:" + "A" * 44, "k1:é"]
)
def test_a_token_key_of_another_form_is_refused(keys: str):
    assert "CALSYNC_TOKEN_KEYS has an entry that is no key" in complaint(CALSYNC_TOKEN_KEYS=keys)


def test_two_token_keys_need_two_ids():
    keys = f"a:{new_key()},a:{new_key()}"
    assert "two keys with the same id" in complaint(CALSYNC_TOKEN_KEYS=keys)


def test_no_complaint_repeats_a_secret():
    text = complaint(CALSYNC_SECRET_KEY="hunter2", CALSYNC_TOKEN_KEYS="k1:hunter2")
    assert "hunter2" not in text


def test_settings_show_no_secret():
    shown = repr(read(CALSYNC_DATABASE_URL="postgresql://calsync:hunter2@db/calsync"))
    for secret in (GOOD["CALSYNC_SECRET_KEY"], "CRN_a-secret", "hunter2", "b'"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("calsync.example", "no web address"),
        ("ftp://calsync.example", "no web address"),
        ("https://calsync.example/app", "has a path"),
        ("http://calsync.example", "has to begin with https://"),
        ("https://calsync.example?x=1", "no web address"),
    ],
)
def test_a_public_address_that_would_not_work_is_refused(url: str, words: str):
    assert words in complaint(CALSYNC_PUBLIC_URL=url)


def test_this_machine_needs_no_tls():
    assert not read(CALSYNC_PUBLIC_URL="http://127.0.0.1:5000/").is_https


@pytest.mark.parametrize("name", DATA_CENTERS)
def test_each_data_centre_has_its_own_hosts(name: str):
    cronofy = read(CRONOFY_DATA_CENTER=name).cronofy
    suffix = "" if name == "us" else f"-{name}"
    assert cronofy.api_url == f"https://api{suffix}.cronofy.com"
    assert cronofy.app_url == f"https://app{suffix}.cronofy.com"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"CRONOFY_DATA_CENTER": "mars"}, "CRONOFY_DATA_CENTER is none of us, uk"),
        ({"CRONOFY_API_URL": "https://api.example"}, "go together"),
        ({"CRONOFY_RATE_PER_SECOND": "0"}, "CRONOFY_RATE_PER_SECOND is no whole number"),
        ({"CRONOFY_RATE_PER_MINUTE": "many"}, "CRONOFY_RATE_PER_MINUTE is no whole number"),
        ({"CALSYNC_ENGINE": "celery"}, "CALSYNC_ENGINE=celery is not available"),
        ({"CALSYNC_ENGINE": "magic"}, "knows only inprocess"),
        ({"CALSYNC_DATABASE_URL": "mysql://x"}, "neither sqlite:// nor postgresql://"),
        ({"CALSYNC_METRICS_TOKEN": "short"}, "CALSYNC_METRICS_TOKEN is too short"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(changes: dict[str, str], words: str):
    assert words in complaint(**changes)


def test_postgresql_is_reached_by_the_driver_that_is_installed():
    url = read(CALSYNC_DATABASE_URL="postgresql://u@h/d").database_url
    assert url == "postgresql+psycopg://u@h/d"


def test_the_data_folder_holds_the_database(tmp_path: Path):
    assert read(CALSYNC_INSTANCE=str(tmp_path)).database_url == (
        f"sqlite:///{tmp_path / 'calsync.sqlite3'}"
    )
