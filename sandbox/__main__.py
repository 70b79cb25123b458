"""Run the sandbox: `python -m sandbox`, see `--help`."""

import argparse
import logging
import signal
import sys
from pathlib import Path

from sandbox.events import ENABLED_EVENTS
from sandbox.server import HOST, Settings, serve


def _settings() -> Settings:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="SQLite file; made when missing")
    parser.add_argument("--api-key", required=True, help="the one secret key that is accepted")
    parser.add_argument("--webhook-url", help="where events are sent")
    parser.add_argument("--webhook-secret", default="whsec_sandbox")
    parser.add_argument(
        "--webhook-events", help="comma-separated types to send, * for all (default: those that Beishan needs)"
    )
    parser.add_argument("--account-currency", default="cny", help="the currency of the balance")
    parser.add_argument("--public-url", help="where browsers reach the cashier (default: the address itself)")
    options = parser.parse_args()
    return Settings(
        port=options.port,
        data=options.data,
        api_key=options.api_key,
        webhook_url=options.webhook_url,
        webhook_secret=options.webhook_secret,
        webhook_events=frozenset(options.webhook_events.split(",") if options.webhook_events else ENABLED_EVENTS),
        account_currency=options.account_currency.lower(),
        public_url=options.public_url,
    )


def main() -> None:
    """Serve until stopped (SIGTERM or Ctrl-C)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s sandbox %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = serve(_settings())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    logging.info("listening on http://%s:%s", HOST, server.port)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
