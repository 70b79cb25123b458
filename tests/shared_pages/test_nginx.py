"""The nginx configuration that we document, run by Debian's nginx in front of the whole site."""

import http.client
import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded.process import Child, free_port, wait_until
from tests.shared_pages.test_front import within_a_second
from tests.stack import ROOT, Stack, running

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
BUTTON, CANCELLED, LATE = "捐给一个村", "已取消", "暂时取不到最新数据"

pytestmark = pytest.mark.skipif(
    NGINX is None and os.environ.get("CI") != "true", reason="nginx is not installed (tests/install_nginx.sh)"
)


class Site:
    """The site as a visitor reaches it: over TLS, through nginx; `plain_port` stands for port 80."""

    def __init__(self, port: int, plain_port: int) -> None:
        self.port = port
        self.plain_port = plain_port
        self._tls = ssl.create_default_context()
        self._tls.check_hostname, self._tls.verify_mode = False, ssl.CERT_NONE

    def get(self, path: str, **headers: str) -> tuple[http.client.HTTPResponse, str]:
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=self._tls)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        connection.close()
        return response, text

    def text(self, path: str, **headers: str) -> str:
        return self.get(path, **headers)[1]


def configuration(folder: Path, site_port: int, port: int, plain_port: int) -> Path:
    """Return the documented file with this test's ports and paths, inside the smallest configuration around it."""
    text = (ROOT / "docs" / "nginx.conf").read_text()
    for documented, here in {
        "127.0.0.1:8000": f"127.0.0.1:{site_port}",
        "127.0.0.1:8001": f"127.0.0.1:{site_port}",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        "/etc/ssl/certs/beishan.pem": str(folder / "cert.pem"),
        "/etc/ssl/private/beishan.key": str(folder / "key.pem"),
        "/var/cache/nginx/beishan": str(folder / "cache"),
        "/var/log/nginx/beishan.log": str(folder / "access.log"),
    }.items():
        assert documented in text
        text = text.replace(documented, here)
    (folder / "beishan.conf").write_text(text)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;" if os.geteuid() == 0 else ""
    whole = folder / "nginx.conf"
    whole.write_text(
        f"{user} daemon off; worker_processes 1; pid {folder}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {paths} include {folder}/beishan.conf; }}\n"
    )
    return whole


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running(TRUSTED_PROXIES="1") as stack:
        yield stack


@pytest.fixture(scope="module")
def site(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    assert NGINX, "bash tests/install_nginx.sh"
    folder = tmp_path_factory.mktemp("nginx")
    key = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost")
    made = (*key, "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"))
    subprocess.run(made, check=True, capture_output=True)
    port, plain_port = free_port(), free_port()
    whole = configuration(folder, stack.port, port, plain_port)
    child = Child([NGINX, "-c", str(whole)], folder / "nginx.log", dict(os.environ), folder)
    child.start()
    site = Site(port, plain_port)
    try:
        assert wait_until(lambda: not child.alive or _answers(site), 20, 0.1) and child.alive, child.log_tail()
        yield site
    finally:
        child.stop()


def _answers(site: Site) -> bool:
    try:
        return site.get("/robots.txt")[0].status == 200
    except OSError:
        return False


def served_from_the_cache(site: Site, path: str, **headers: str) -> bool:
    """Three readers in a row were; on a busy machine the second for which a page is kept may pass between two."""

    def three() -> bool:
        return all(site.get(path, **headers)[0].headers["X-Cache"] == "HIT" for _ in range(3))

    return wait_until(three, 20, 0)


def shows_within_a_second(act: Callable[[], object], shown: Callable[[], bool]) -> None:
    """Readers keep coming; after `act` none of them sees the old page later than a second."""
    assert not shown()
    act()
    within_a_second(shown)
    for _ in range(20):
        assert shown(), "the old page came back"


def test_readers_are_served_from_the_cache(site: Site) -> None:
    for headers in ({}, {"Accept_Encoding": "gzip"}, {"Cookie": "lang=en; visitor=ben"}):
        assert served_from_the_cache(site, "/c/demo", **headers), headers
    response, _ = site.get("/c/demo", Accept_Encoding="gzip")
    assert response.headers["Content-Encoding"] == "gzip" and "X-Accel-Expires" not in response.headers


def test_two_visitors_two_languages_and_nothing_of_each_other(site: Site) -> None:
    for _ in range(10):
        ann, ben = site.get("/c/demo", Cookie="lang=en; visitor=ann"), site.get("/c/demo", Cookie="visitor=ben")
        assert "How match works" in ann[1] and "配捐怎么算" in ben[1]
        assert "Set-Cookie" not in ann[0].headers and "Set-Cookie" not in ben[0].headers
    for _ in range(3):
        chosen, text = site.get("/c/demo?lang=en", Cookie="visitor=ben")
        assert "How match works" in text and "lang=en" in chosen.headers["Set-Cookie"], (
            "their own answer, each time"
        )
        kept, text = site.get("/c/demo?lang=en", Cookie="lang=en")
        assert "How match works" in text and "Set-Cookie" not in kept.headers


def test_pages_of_one_visitor_are_never_kept(site: Site) -> None:
    project = re.search(r"/c/demo/p/(\d+)", site.text("/c/demo"))
    assert project
    tokens = set()
    for path in (f"/donate/demo/{project[1]}", "/console/sign-in"):
        for _ in range(3):
            response, text = site.get(path)
            assert response.headers["Cache-Control"] == "no-store" and response.headers.get("X-Cache") != "HIT"
            token = re.search(r'name="csrf_token" value="([^"]+)"', text)
            assert token
            tokens.add(token[1])
    assert len(tokens) == 6


def test_http_2_static_files_streams_and_closed_addresses(site: Site) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    connection = http.client.HTTPSConnection("127.0.0.1", site.port, context=context, timeout=20)
    connection.connect()
    assert connection.sock.selected_alpn_protocol() == "h2"
    connection.close()
    name = re.search(r"/static/site\.[0-9a-f]+\.css", site.text("/"))
    assert name
    states = [site.get(name[0])[0] for _ in range(3)]
    assert "immutable" in states[-1].headers["Cache-Control"] and states[-1].headers["X-Cache"] == "HIT"
    stream = http.client.HTTPSConnection("127.0.0.1", site.port, timeout=20, context=site._tls)
    stream.request("GET", "/api/v1/campaigns/demo/live")
    response = stream.getresponse()
    began = time.monotonic()
    assert b"retry" in response.readline()
    while not response.readline().startswith(b"data:"):
        pass
    assert time.monotonic() - began < 12, "not held back"  # the next heartbeat would come after 15
    stream.close()


def test_without_tls_pages_lead_to_it_and_programs_are_refused(site: Site) -> None:
    """A redirect would hide that a token went over the wire in clear."""
    statuses = {}
    for path in ("/", "/c/demo", "/api/v1/funds", "/webhooks/partners/plat"):
        connection = http.client.HTTPConnection("127.0.0.1", site.plain_port, timeout=20)
        connection.request("GET", path)
        statuses[path] = connection.getresponse().status
        connection.close()
    assert list(statuses.values()) == [301, 301, 403, 403]


def test_a_change_shows_within_a_second_and_without_the_database_pages_say_so(stack: Stack, site: Site) -> None:
    """Redis stopped first: then a look is the only news. At last the database stops, and comes back."""
    token = stack.flask("tokens", "create", "--role", "admin").split()[-1]
    stack.redis.stop()
    assert BUTTON in site.text("/c/demo")
    shows_within_a_second(
        lambda: stack.api("/campaigns/demo/cancel", "POST", token, reason="暴雨"),
        lambda: BUTTON not in site.text("/c/demo"),
    )
    assert CANCELLED in site.text("/c/demo")
    stack.postgres.stop()
    assert wait_until(lambda: LATE in site.text("/c/demo"), 20)
    response, text = site.get("/c/demo")
    assert response.status == 200 and CANCELLED in text and "no-store" in response.headers["Cache-Control"]
    stack.postgres.restart()
    assert wait_until(lambda: LATE not in site.text("/c/demo"), 10)
    assert CANCELLED in site.text("/c/demo")
