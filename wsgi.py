"""For a WSGI server of your own: `gunicorn wsgi:app`, without preloading.

Threads do not survive a fork, so the loop over due work has to start in the
process that serves. Where several processes start it, one of them does the work.
"""

import atexit
import os

from calsync.app import create_app, refuse_other_schema, start_loop
from calsync.config import read_settings
from calsync.logs import configure_logging

configure_logging()
app = create_app(read_settings(os.environ))
refuse_other_schema(app)
atexit.register(start_loop(app).stop)
