"""Check the draws of a random bonus pot, with nothing but Python's own library.

    python verify_draw.py PAGE.json [PAGE.json ...]

Each file is one page of `GET /api/v1/pots/{id}/draw`, fetched after the event's public notice; with none, one page
is read from standard input. Keep the `commitment` that was published before the event and compare it yourself
with the one printed here: that it is the old one is the whole point.

Prints what was checked and exits 0, or every fault and exits 1.
"""

import hashlib
import hmac
import json
import sys
from pathlib import Path


def faults(page: dict, seen: set) -> list:
    """What is wrong with one page, in words; `seen` holds the donations of the pages before."""
    if page.get("seed") is None:
        return ["the seed is not revealed yet"]
    seed = bytes.fromhex(page["seed"])
    found = []
    if hashlib.sha256(seed).hexdigest() != page["commitment"]:
        found.append("the seed is not the one that was committed to")
    for draw in page["draws"]:
        name = (draw["donation_id"], draw["least_bps"], draw["most_bps"])
        if name in seen:
            found.append(f"{draw['donation_id']} is listed twice")
        seen.add(name)
        mac = hmac.new(seed, draw["donation_id"].encode(), hashlib.sha256).digest()
        width = draw["most_bps"] - draw["least_bps"] + 1
        due = draw["least_bps"] + int.from_bytes(mac, "big") % width
        if draw["drawn_bps"] != due:
            found.append(f"{draw['donation_id']} drew {due} basis points, the list says {draw['drawn_bps']}")
    return found


def main(paths: list) -> int:
    """Check all pages; return the exit code."""
    if paths:
        pages = [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]
    else:
        pages = [json.load(sys.stdin)]
    seen: set = set()
    found = [fault for page in pages for fault in faults(page, seen)]
    if len({(page.get("pot"), page.get("commitment")) for page in pages}) > 1:
        found.append("the pages are of different pots")
    for fault in found:
        print(fault)
    if not found:
        print(f"pot {pages[0]['pot']}: commitment {pages[0]['commitment']} holds, {len(seen)} draws are right")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
