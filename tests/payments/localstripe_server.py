"""Runs localstripe on the loopback address only (its own command binds every interface).

A process of its own, spoken to over HTTP: `python localstripe_server.py PORT`.
"""

import sys

from aiohttp import web
from localstripe.server import app

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
