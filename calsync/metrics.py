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


def render() -> bytes:
    """Return every figure in the text form that Prometheus reads."""
    return generate_latest(REGISTRY)
