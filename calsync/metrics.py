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
WEBHOOKS = Counter("webhook_total", "Messages to a PSA", ["result"], registry=REGISTRY)
ACCOUNTS = Gauge("linked_accounts", "Linked accounts", ["status"], registry=REGISTRY)


def render() -> bytes:
    """Return every figure in the text form that Prometheus reads."""
    return generate_latest(REGISTRY)
