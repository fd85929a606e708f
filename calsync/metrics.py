"""What is counted, for `/metrics`. No label names a tenant or a user."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()

LOGINS = Counter("login_total", "Attempts to log in", ["result"], registry=REGISTRY)
CONNECTIONS = Counter(
    "connect_total", "Returns from Cronofy's consent page", ["result"], registry=REGISTRY
)
TOKEN_REFRESHES = Counter(
    "token_refresh_total", "Access tokens renewed", ["result"], registry=REGISTRY
)
DUE_ROWS = Gauge("due_rows", "Work that waits or runs", ["kind"], registry=REGISTRY)
DUE_OLDEST = Gauge(
    "due_oldest_seconds", "How long the most overdue work has been due", registry=REGISTRY
)
JOBS = Counter("job_total", "Due work that was run", ["kind", "result"], registry=REGISTRY)
JOB_SECONDS = Histogram("job_seconds", "How long due work took", ["kind"], registry=REGISTRY)
MESSAGES = Counter("psa_message_total", "Messages to a PSA", ["result"], registry=REGISTRY)
WEBHOOKS = Counter(
    "webhook_total", "Notifications from Cronofy", ["type", "result"], registry=REGISTRY
)
WEBHOOK_SECONDS = Histogram(
    "webhook_seconds",
    "How long a notification took",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
    registry=REGISTRY,
)
CHANNELS = Gauge("push_channels", "Channels of notifications", ["state"], registry=REGISTRY)
ACCOUNTS = Gauge("linked_accounts", "Linked accounts", ["status"], registry=REGISTRY)

PASSES = Counter("sync_passes_total", "Syncs that came to an end", ["result"], registry=REGISTRY)
PASS_SECONDS = Histogram(
    "sync_pass_seconds",
    "How long a sync took",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800),
    registry=REGISTRY,
)
LAG = Histogram(
    "sync_lag_seconds",
    "From an edit to its arrival on the other side",
    buckets=(1, 2, 5, 10, 30, 60, 300, 600, 3600, 21600, 86400),
    registry=REGISTRY,
)
REASONS = Counter(
    "sync_reasons_total",
    "What syncs logged as not done, lost or peculiar, by its reason",
    ["reason"],
    registry=REGISTRY,
)
GUARDS = Counter(
    "guard_trips_total",
    "Syncs that held something until the user says so",
    ["guard"],
    registry=REGISTRY,
)
CONFLICTS = Counter(
    "conflicts_total",
    "Parts that both sides had changed, by the side that counts",
    ["winner"],
    registry=REGISTRY,
)
ECHOES = Counter(
    "echo_ignored_total", "Writes of ours that a read showed as they were sent", registry=REGISTRY
)
SET_ASIDE = Gauge(
    "quarantined_events", "Entries that are set aside, as they cannot be synced", registry=REGISTRY
)
INTEGRATIONS = Gauge(
    "integrations", "Integrations, by how they stand", ["state"], registry=REGISTRY
)
CALLS = Counter(
    "provider_requests_total",
    "Calls to Cronofy, by what was asked and the status of the answer",
    ["op", "code"],
    registry=REGISTRY,
)
CRONOFY_AWAY = Gauge(
    "provider_away",
    "Whether this process takes Cronofy for away, and lets one call through now and then",
    registry=REGISTRY,
)
CALL_SECONDS = Histogram(
    "provider_seconds",
    "How long Cronofy took to answer",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
    registry=REGISTRY,
)
TURN_SECONDS = Histogram(
    "rate_limit_wait_seconds",
    "How long a call waited for its turn",
    buckets=(0.01, 0.1, 1, 5, 10, 30, 60, 300),
    registry=REGISTRY,
)
LAST_TICK = Gauge(
    "scheduler_last_tick_seconds",
    "When this process last looked for due work, in seconds since 1970",
    registry=REGISTRY,
)
DATABASE_AWAY = Counter(
    "db_busy_total",
    "Transactions that the database refused: busy, full, read-only or away",
    registry=REGISTRY,
)


def render() -> bytes:
    """Return every figure in the text form that Prometheus reads."""
    return generate_latest(REGISTRY)
