"""``python -m calsync.sandbox``: serve the sandbox on this machine."""

import argparse
import logging
import signal
import sys
import types
from pathlib import Path

from waitress import create_server

from calsync.sandbox.app import create_sandbox
from calsync.sandbox.world import get_world

THREADS = 16
_ENDING = (signal.SIGINT, signal.SIGTERM)


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; say in one line where."""
    options = _read_options()
    # A connection that is reset on purpose would be logged as a failure.
    logging.getLogger("waitress").setLevel(logging.CRITICAL)
    app = create_sandbox(options.database, rate_limit=options.rate_limit == "on")
    server = create_server(app, host="127.0.0.1", port=options.port, threads=THREADS)
    for number in _ENDING:
        signal.signal(number, _end)
    sys.stdout.write(f"Sandbox listens on http://127.0.0.1:{server.effective_port}\n")
    sys.stdout.flush()
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        get_world(app).faults.clear()
        server.close()
        get_world(app).close()
    return 0


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m calsync.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=5001, help="0 takes any free port")
    parser.add_argument("--database", type=Path, required=True, help="its SQLite file")
    parser.add_argument("--rate-limit", choices=("on", "off"), default="on")
    return parser.parse_args()


def _end(number: int, frame: types.FrameType | None) -> None:
    del number, frame
    # A terminal signals its whole group, and whoever started us does so once more.
    for each in _ENDING:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
