"""Settings: read once from the environment, judged at once, then only carried around."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from calsync.errors import SettingsError

#: Cronofy's data centres: their API host and the host of their consent pages.
#: Source: docs.cronofy.com/developers/data-centers.
DATA_CENTERS = {
    "us": ("https://api.cronofy.com", "https://app.cronofy.com"),
    **{
        name: (f"https://api-{name}.cronofy.com", f"https://app-{name}.cronofy.com")
        for name in ("uk", "de", "au", "ca", "sg")
    },
}

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_WELL_KNOWN = ("changeme", "secret", "password", "calsync", "development", "insecure", "example")


@dataclass(frozen=True)
class CronofySettings:
    """Which Cronofy we talk to, as which application, and how often at most."""

    client_id: str
    client_secret: str = field(repr=False)
    api_url: str
    app_url: str
    per_second: int
    per_minute: int
    #: The application's second active secret, while its secrets are being changed.
    other_client_secret: str = field(repr=False, default="")

    @property
    def active_secrets(self) -> tuple[str, ...]:
        """Whatever Cronofy may sign a notification with."""
        return tuple(filter(None, (self.client_secret, self.other_client_secret)))


@dataclass(frozen=True)
class Settings:
    """Everything that an installation can choose."""

    secret_key: str = field(repr=False)
    token_keys: tuple[tuple[str, bytes], ...] = field(repr=False)
    database_url: str = field(repr=False)
    public_url: str
    instance: Path
    cronofy: CronofySettings
    metrics_token: str = field(repr=False, default="")
    #: How many proxies stand in front of us, each of which names whom it speaks for.
    proxies: int = 0
    #: Whether a PSA may be told of changes inside this network.
    webhooks_allow_private: bool = False

    @property
    def is_https(self) -> bool:
        """Whether people reach us over TLS, so that cookies may insist on it."""
        return self.public_url.startswith("https://")

    @property
    def host(self) -> str:
        """The host name that people reach us by."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def redirect_uri(self) -> str:
        """Where Cronofy sends people back to; fixed here, never taken from a request."""
        return f"{self.public_url}/calendar-sync/callback"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings that ``environment`` describes.

    Raises SettingsError with one plain sentence for each thing that is missing
    or weak, all of them at once.
    """
    complaints: list[str] = []
    settings = Settings(
        secret_key=_secret(environment, "CALSYNC_SECRET_KEY", complaints),
        token_keys=_token_keys(environment, complaints),
        database_url=_database_url(environment, complaints),
        public_url=_url(environment, "CALSYNC_PUBLIC_URL", complaints),
        instance=_instance(environment),
        cronofy=_cronofy(environment, complaints),
        metrics_token=environment.get("CALSYNC_METRICS_TOKEN", ""),
        webhooks_allow_private=_is_yes(environment, "CALSYNC_WEBHOOKS_ALLOW_PRIVATE", complaints),
        proxies=_number(environment, "CALSYNC_PROXIES", 0, complaints, least=0),
    )
    if settings.is_https and "CALSYNC_PROXIES" not in environment:
        complaints.append(
            "CALSYNC_PROXIES is missing: say how many proxies stand in front of calsync, usually "
            "1, so that it knows who asks."
        )
    if settings.metrics_token and len(settings.metrics_token) < 16:
        complaints.append("CALSYNC_METRICS_TOKEN is too short: give it at least 16 characters.")
    engine = environment.get("CALSYNC_ENGINE", "inprocess")
    if engine == "celery":
        complaints.append(
            "CALSYNC_ENGINE=celery is not available in this version: leave it out, or set it to "
            "inprocess."
        )
    elif engine != "inprocess":
        complaints.append("CALSYNC_ENGINE knows only inprocess: leave it out.")
    if complaints:
        raise SettingsError("calsync cannot start.\n" + "\n".join(f"- {c}" for c in complaints))
    return settings


def parse_token_keys(text: str) -> tuple[tuple[str, bytes], ...]:
    """Return the (id, key) pairs of ``id:base64,id:base64``; the first one is used to seal.

    Raises SettingsError where the text has another form, where a key is not
    32 bytes long, or where an id stands twice.
    """
    keys = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, encoded = entry.partition(":")
        try:
            key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        except (binascii.Error, ValueError):
            key = b""
        if not (name.isascii() and name.isalnum()) or len(key) != 32:
            raise SettingsError(
                "CALSYNC_TOKEN_KEYS has an entry that is no key: each is a short id, a colon and "
                "32 random bytes in base64. `calsync keys new` prints one."
            )
        keys.append((name, key))
    if not keys:
        raise SettingsError(
            "CALSYNC_TOKEN_KEYS is missing: it encrypts the tokens of the linked calendars. "
            "`calsync keys new` prints one."
        )
    # Told apart without case, as some databases do.
    if len({name.lower() for name, _ in keys}) < len(keys):
        raise SettingsError("CALSYNC_TOKEN_KEYS has two keys with the same id: rename one.")
    return tuple(keys)


def _token_keys(
    environment: Mapping[str, str], complaints: list[str]
) -> tuple[tuple[str, bytes], ...]:
    try:
        return parse_token_keys(environment.get("CALSYNC_TOKEN_KEYS", ""))
    except SettingsError as error:
        complaints.append(str(error))
        return ()


def _secret(environment: Mapping[str, str], name: str, complaints: list[str]) -> str:
    secret = environment.get(name, "")
    if not secret:
        complaints.append(f"{name} is missing: `calsync keys secret` prints a good one.")
    elif _is_weak(secret):
        complaints.append(
            f"{name} is weak: give it at least 32 random characters. `calsync keys secret` "
            "prints a good one."
        )
    return secret


def _is_weak(secret: str) -> bool:
    lowered = secret.lower()
    return (
        len(secret) < 32
        or len(set(secret)) < 12
        or any(lowered.count(word) * len(word) * 2 > len(lowered) for word in _WELL_KNOWN)
    )


def _url(environment: Mapping[str, str], name: str, complaints: list[str]) -> str:
    url = environment.get(name, "").rstrip("/")
    if not url:
        complaints.append(f"{name} is missing: an address such as https://calsync.example.")
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        complaints.append(f"{name} is no web address such as https://calsync.example.")
    elif parts.path:
        complaints.append(f"{name} has a path: calsync needs a host name of its own.")
    elif parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        complaints.append(f"{name} has to begin with https:// unless it is this machine itself.")
    return url


def _instance(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("CALSYNC_INSTANCE") or "instance").absolute()


def _database_url(environment: Mapping[str, str], complaints: list[str]) -> str:
    url = environment.get("CALSYNC_DATABASE_URL", "")
    if not url:
        return f"sqlite:///{_instance(environment) / 'calsync.sqlite3'}"
    scheme = url.partition(":")[0]
    if scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        return "postgresql+psycopg:" + url.partition(":")[2]
    if scheme == "sqlite" and not url.startswith("sqlite:////"):
        complaints.append(
            "CALSYNC_DATABASE_URL names a SQLite file without its whole path: write "
            "sqlite:////path/to/file, with four slashes, or leave it out."
        )
    elif scheme != "sqlite":
        complaints.append(
            "CALSYNC_DATABASE_URL begins with neither sqlite:// nor postgresql://: those two "
            "are supported."
        )
    return url


def _cronofy(environment: Mapping[str, str], complaints: list[str]) -> CronofySettings:
    complaints.extend(
        f"{name} is missing: Cronofy shows it on the application's page."
        for name in ("CRONOFY_CLIENT_ID", "CRONOFY_CLIENT_SECRET")
        if not environment.get(name)
    )
    center = environment.get("CRONOFY_DATA_CENTER", "us")
    if center not in DATA_CENTERS:
        complaints.append(f"CRONOFY_DATA_CENTER is none of {', '.join(DATA_CENTERS)}.")
        center = "us"
    api_url, app_url = DATA_CENTERS[center]
    if ("CRONOFY_API_URL" in environment) != ("CRONOFY_APP_URL" in environment):
        complaints.append("CRONOFY_API_URL and CRONOFY_APP_URL go together: set both or neither.")
    elif "CRONOFY_API_URL" in environment:
        api_url = _url(environment, "CRONOFY_API_URL", complaints)
        app_url = _url(environment, "CRONOFY_APP_URL", complaints)
    return CronofySettings(
        client_id=environment.get("CRONOFY_CLIENT_ID", ""),
        client_secret=environment.get("CRONOFY_CLIENT_SECRET", ""),
        api_url=api_url,
        app_url=app_url,
        per_second=_number(environment, "CRONOFY_RATE_PER_SECOND", 50, complaints),
        per_minute=_number(environment, "CRONOFY_RATE_PER_MINUTE", 500, complaints),
        other_client_secret=environment.get("CRONOFY_OTHER_CLIENT_SECRET", ""),
    )


def _is_yes(environment: Mapping[str, str], name: str, complaints: list[str]) -> bool:
    text = environment.get(name, "no").lower()
    if text not in ("yes", "no"):
        complaints.append(f"{name} is either yes or no.")
    return text == "yes"


def _number(
    environment: Mapping[str, str],
    name: str,
    default: int,
    complaints: list[str],
    *,
    least: int = 1,
) -> int:
    text = environment.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        complaints.append(f"{name} is no whole number from {least} up.")
        return default
    return int(text)
