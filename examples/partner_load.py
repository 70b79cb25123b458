"""Send many payments at once and say how fast they were taken: a load generator for a test system.

SECRET=whsec_test_... python3 partner_load.py URL PROJECT_CODE EVENTS CONNECTIONS
Batches of 1,000, each connection its own; requests that are answered 503 are sent again.
"""

import os
import sys
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from partner_client import Client, event

BATCH, ATTEMPTS = 1_000, 6


def payments(code: str, count: int) -> list[dict]:
    run, now = uuid.uuid4().hex[:8], datetime.now(UTC)
    gift = {"project_code": code, "paid_at": now.isoformat()}
    keys = [{"key": f"{run}-{number % 997}"} for number in range(count)]
    return [event("donation.paid", f"{run}-{n}", 1000 + n % 9000, now, donor=keys[n], **gift) for n in range(count)]


def send(client: Client, batch: list[dict]) -> Counter:
    for attempt in range(ATTEMPTS):
        status, response = client.call(body={"events": batch})
        if status != 503:
            break
        time.sleep(2**attempt)
    counts = {name: response.get(name, 0) for name in ("accepted", "repeated", "conflicting")}
    return Counter(counts | {f"HTTP {status}": 1})


def main(url: str, code: str, count: str, connections: str) -> None:
    events, client = payments(code, int(count)), Client(url, os.environ["SECRET"])
    batches = [events[first : first + BATCH] for first in range(0, len(events), BATCH)]
    began = time.monotonic()
    with ThreadPoolExecutor(int(connections)) as pool:
        totals = sum(pool.map(lambda batch: send(client, batch), batches), Counter())
    print(f"{len(events) / (time.monotonic() - began):,.0f} events a second", dict(totals))


if __name__ == "__main__":
    main(*sys.argv[1:5])
