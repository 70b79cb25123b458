"""Real browsers on the whole stack. Under CI=true a missing browser is a failure, never a skip."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from embedded.launch import Launch
from tests.stack import Stack, running

# The first needs half of the processor time of the others; Debian has it beside chromium.
NAMES = ("chromium-headless-shell", "/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")
ARGS = (
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--no-proxy-server",
)
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 20_000  # the machine may be busy with other tests


def program() -> str:
    """The first browser that there is; asserts that there is one."""
    path = next((path for name in NAMES if (path := shutil.which(name))), None)
    assert path, "no chromium: run `bash tests/install_browser.sh`"
    return path


# Of the package, not of the session: jobs, pages and the browser would run beside all tests that follow.
@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    """The whole of Beishan with the demo event, each part started as `make run` does."""
    with running(Launch) as running_stack:
        yield running_stack


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = program()
    expect.set_options(timeout=PATIENCE_MS)
    args = [*ARGS, "--no-sandbox"] if os.geteuid() == 0 else list(ARGS)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=args)
        yield browser
        browser.close()


def _context(chromium: Browser, **settings: object) -> BrowserContext:
    context = chromium.new_context(**({"viewport": PHONE, "locale": "zh-CN"} | settings))  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture
def faults() -> list[str]:
    """What the browser complained of: scripts that failed, things the policy forbids."""
    return []


@pytest.fixture
def phone(chromium: Browser, faults: list[str]) -> Iterator[Page]:
    """A donor's phone. Whatever the page did wrong fails the test at its end."""
    with _context(chromium) as context:
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        yield page
    assert faults == []


@pytest.fixture
def second_phone(chromium: Browser) -> Iterator[Page]:
    with _context(chromium) as context:
        yield context.new_page()


@pytest.fixture
def plain_phone(chromium: Browser) -> Iterator[Page]:
    """A phone with JavaScript switched off."""
    with _context(chromium, java_script_enabled=False) as context:
        yield context.new_page()


@pytest.fixture
def desk(chromium: Browser) -> Iterator[Page]:
    with _context(chromium, viewport={"width": 1280, "height": 900}) as context:
        yield context.new_page()
