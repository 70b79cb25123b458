"""WeChat Pay and Alipay on this machine: what they answer about bills, over TLS at their own names, behind a proxy
that leads nowhere else. Requests are checked, and answers signed, as the two describe it."""

import base64
import gzip
import hashlib
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.partners.vendors import KEY_ID, PLATFORM, private_pem

WECHAT, ALIPAY, FILES = NAMES = "api.mch.weixin.qq.com", "openapi.alipay.com", "dwbillcenter.alipay.com"
MERCHANT = rsa.generate_private_key(65537, 2048)
SERIAL = "444F4864EA9B34415"
_AUTHORIZATION = re.compile(
    "WECHATPAY2-SHA256-RSA2048 "
    r'mchid="(.*?)",nonce_str="(.*?)",signature="(.*?)",timestamp="(.*?)",serial_no="(.*?)"'
)


class Vendors:
    """The bills that the two have, by kind and day; `faults` change what is answered. `asked`: every address."""

    def __init__(self) -> None:
        self.bills: dict[tuple[str, str], bytes] = {}
        self.faults: dict[str, str] = {}
        self.asked: list[str] = []
        self.address = self.certificate = ""  # of the gateway on this machine, for programs without the proxy

    def answer(self, host: str, target: str, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        self.asked.append(f"{host}{urlsplit(target).path}")
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        if host == FILES:
            return 200, self.bills[query["bizType"], query["day"]], {"Content-Type": "application/zip"}
        return self._wechat(target, query, headers) if host == WECHAT else self._alipay(query)

    def _wechat(
        self, target: str, query: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, bytes, dict[str, str]]:
        match = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if match is None:
            return 401, b'{"code": "SIGN_ERROR"}', {"Content-Type": "application/json"}
        mchid, nonce, signature, stamp, serial = match.groups()
        content = f"GET\n{target}\n{stamp}\n{nonce}\n\n".encode()
        MERCHANT.public_key().verify(base64.b64decode(signature), content, PKCS1v15(), SHA256())
        assert (mchid, serial, headers["wechatpay-serial"]) == ("1900000001", SERIAL, KEY_ID)
        if "token" in query:
            kind, _, day = query["token"].partition(".")
            return 200, self.bills[kind, day], {"Content-Type": "application/octet-stream"}
        assert query["tar_type"] == "GZIP"
        kind = "funds" if "fundflow" in target else "trades"
        day = query["bill_date"]
        if (kind, day) not in self.bills:
            code = self.faults.get("code", "NO_STATEMENT_EXIST")
            return 400, json.dumps({"code": code}).encode(), {"Content-Type": "application/json"}
        plain = gzip.decompress(self.bills[kind, day])
        body = {
            "hash_type": "SHA1",
            "hash_value": self.faults.get("hash") or hashlib.sha1(plain).hexdigest(),
            "download_url": f"https://{WECHAT}/v3/billdownload/file?token={kind}.{day}",
        }
        return 200, json.dumps(body).encode(), self._signed(json.dumps(body))

    def _signed(self, body: str) -> dict[str, str]:
        stamp, nonce = str(int(datetime.now(UTC).timestamp())), "a" * 32
        content = f"{stamp}\n{nonce}\n{self.faults.get('body', body)}\n".encode()
        return {
            "Content-Type": "application/json; charset=utf-8",
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
            "Wechatpay-Serial": KEY_ID,
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": base64.b64encode(PLATFORM.sign(content, PKCS1v15(), SHA256())).decode(),
        }

    def _alipay(self, query: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        signature = base64.b64decode(query.pop("sign"))
        content = "&".join(f"{name}={value}" for name, value in sorted(query.items())).encode()
        MERCHANT.public_key().verify(signature, content, PKCS1v15(), SHA256())
        wanted = json.loads(query["biz_content"])
        kind, day = {"trade": "alipay", "signcustomer": "alipay_funds"}[wanted["bill_type"]], wanted["bill_date"]
        if (kind, day) in self.bills:
            place = self.faults.get("place", FILES)
            url = f"http://{place}/downloadBillFile.resource?bizType={kind}&day={day}&fileId=000"
            reply = {"code": "10000", "msg": "Success", "bill_download_url": url}
        else:
            sub = self.faults.get("code", "isp.bill_not_exist")
            reply = {"code": "40004", "msg": "Business Failed", "sub_code": sub, "sub_msg": "账单不存在"}
        plain = json.dumps(reply, ensure_ascii=False)
        sign = PLATFORM.sign(self.faults.get("body", plain).encode(), PKCS1v15(), SHA256())
        name = "alipay_data_dataservice_bill_downloadurl_query_response"
        body = f'{{"{name}":{plain},"sign":"{base64.b64encode(sign).decode()}"}}'
        return 200, body.encode(), {"Content-Type": "text/html;charset=utf-8"}


@contextmanager
def vendors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    """The two at their own names, for everything in this process that calls out over HTTPS."""
    theirs = Vendors()
    certificate = _certificate(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(theirs))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    theirs.address, theirs.certificate = f"https://localhost:{server.server_port}/gateway.do", str(certificate)
    proxy = _Proxy(server.server_port)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield theirs
    finally:
        proxy.close()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(theirs: Vendors) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            form = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            target = f"{self.path}&{form}" if form else self.path
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, body, answered = theirs.answer(self.headers["Host"], target, headers)
            self.send_response(status)
            for name, value in (answered | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = respond  # noqa: N815 (the names that the server looks for)

        def log_message(self, *_: object) -> None:
            return

    return Handler


class _Proxy:
    """Connects whoever asks for one of the three names to the server here, and refuses the rest."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self.socket.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._connect, args=(self.socket.accept()[0],), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        host = head.split()[1].decode().partition(":")[0]
        if host not in NAMES:
            client.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            client.close()
            return
        server = socket.create_connection(("127.0.0.1", self.target))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def _certificate(room: Path) -> Path:
    """Key and certificate of the three names, signed by itself."""
    key, now = rsa.generate_private_key(65537, 2048), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vendors of the tests")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in (*NAMES, "localhost")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    path = room / "vendors.pem"
    path.write_text(private_pem(key) + certificate.public_bytes(Encoding.PEM).decode())
    return path
