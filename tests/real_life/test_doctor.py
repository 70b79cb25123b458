"""What the endpoint needs is one list: the code, the manual and the sandbox have it, and `doctor` compares."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.cli.doctor import Line, _encryption, check
from app.factory import create_app
from config import Config, unsafe
from embedded.redis import Redis
from kernel.db import Database
from payments.facts import EVENT_TYPES
from payments.gateway import WebhookEndpoint
from payments.stripe import StripeGateway
from sandbox.events import ENABLED_EVENTS
from tests.api.client import PRODUCTION
from tests.payments.conftest import make_order, receiver, sandbox
from tests.payments.servers import ROOT, Server, until
from tests.world import World

__all__ = ["receiver", "sandbox"]


@pytest.fixture
def provider(sandbox: Server) -> Iterator[Server]:
    """The sandbox as it is after `make run`."""
    sandbox.order("/account", currency="cny", livemode=False, events=list(ENABLED_EVENTS))
    sandbox.receiver.empty()
    yield sandbox
    sandbox.order("/account", currency="cny", livemode=False, events=["*"])


def config(database_url: str, redis_server: Redis, **other: Any) -> Config:
    values: dict[str, Any] = {"DATABASE_URL": database_url, "REDIS_URL": redis_server.url} | other
    return Config.model_validate(values)


def diagnosed(settings: Config, db: Database, gateway: StripeGateway) -> dict[str, Line]:
    lines = list(check(settings, db, gateway))
    return {line.name: line for line in lines if not line.ok} | {"all": Line("all", all(x.ok for x in lines), "")}


def test_the_sandbox_sends_exactly_the_list_of_the_code() -> None:
    assert set(ENABLED_EVENTS) == set(EVENT_TYPES)
    assert len(ENABLED_EVENTS) == len(EVENT_TYPES)


def test_the_manual_has_exactly_the_list_of_the_code() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- events -->\n```\n(.*?)```\n<!-- /events -->", text, re.DOTALL)
    assert block is not None
    assert block[1].split() == list(EVENT_TYPES)


def test_all_is_well(provider: Server, db: Database, database_url: str, redis_server: Redis) -> None:
    assert diagnosed(config(database_url, redis_server), db, provider.gateway()) == {"all": Line("all", True, "")}


@pytest.mark.parametrize(
    ("account", "at_fault", "says"),
    [
        ({"events": ["payment_intent.succeeded"]}, "webhook", "charge.succeeded"),
        ({"currency": "hkd"}, "account", "HKD"),
        ({"livemode": True}, "mode", "live mode"),
    ],
)
def test_a_fault_at_the_provider_is_named(
    provider: Server,
    db: Database,
    database_url: str,
    redis_server: Redis,
    account: dict[str, Any],
    at_fault: str,
    says: str,
) -> None:
    provider.order("/account", **account)
    findings = diagnosed(config(database_url, redis_server), db, provider.gateway())
    assert not findings["all"].ok
    assert list(findings) == [at_fault, "all"]
    assert says in findings[at_fault].text


@pytest.mark.parametrize("environment", ["production", "development"])
@pytest.mark.parametrize(
    ("url", "ok"),
    [
        ("postgresql://beishan@db.internal/x?sslmode=require", False),
        ("postgresql://beishan@db.internal/x?sslmode=verify-ca", True),
        ("postgresql://beishan@db.internal/x?sslmode=verify-full", True),
        ("postgresql://beishan@db.internal/x", False),
        ("postgresql://beishan@db.internal/x?sslmode=disable", False),
        ("postgresql:///x?host=db.internal", False),
        ("postgresql:///x?host=/run/postgresql,db.internal", False),
        ("postgresql://localhost/x?host=db.internal", False),
        ("postgresql://localhost/x?hostaddr=203.0.113.9", False),
        ("postgresql:///x?service=far", False),
        ("postgresql://127.0.0.1.example.org/x", False),
        ("postgresql:///x", True),
        ("postgresql:///x?host=/run/postgresql", True),
        ("postgresql://127.0.0.1:5432/x", True),
        ("postgresql://[::1]/x", True),
        ("postgresql://localhost/x", True),
    ],
)
def test_an_unverified_database_certificate_is_a_fault(url: str, ok: bool, environment: str) -> None:
    """Local is what is reached by a socket or the loopback interface, and nothing else."""
    settings = Config.model_validate(PRODUCTION | {"DATABASE_URL": url, "BEISHAN_ENV": environment})
    assert _encryption(settings).ok is ok
    if "sslmode" not in url:
        assert any("sslmode" in fault for fault in unsafe(settings)) is not ok


def test_an_account_in_another_currency_can_be_meant_so(
    provider: Server, db: Database, database_url: str, redis_server: Redis
) -> None:
    provider.order("/account", currency="hkd")
    settings = config(database_url, redis_server, STRIPE_ACCOUNT_CURRENCY="hkd")
    assert diagnosed(settings, db, provider.gateway())["all"].ok


def test_a_test_key_in_production_and_an_address_without_tls(
    provider: Server, db: Database, database_url: str, redis_server: Redis
) -> None:
    settings = config(database_url, redis_server, BEISHAN_ENV="production", PUBLIC_URL="http://127.0.0.1")
    assert {"mode", "settings"} <= set(diagnosed(settings, db, provider.gateway()))


def test_a_silent_provider_and_redis_are_named(world: World, database_url: str) -> None:
    settings = Config.model_validate({"DATABASE_URL": database_url, "REDIS_URL": "redis://127.0.0.1:9"})
    gateway = StripeGateway("sk_test_x", "http://127.0.0.1:9", ("card",), timeout_s=1)
    assert {"redis", "provider"} <= set(diagnosed(settings, world.db, gateway))


def test_a_star_or_a_disabled_endpoint() -> None:
    endpoint = WebhookEndpoint("http://x/webhooks/stripe", frozenset({"*"}), False, True)
    assert endpoint.missing(EVENT_TYPES) == []
    assert replace(endpoint, events=frozenset({"charge.succeeded"})).missing(EVENT_TYPES)


def test_the_payer_is_known_by_what_the_endpoint_gets(provider: Server) -> None:
    opened = provider.gateway("alipay").open_intent(make_order())
    provider.order("/pay", reference=opened.reference, method="alipay", account="buyer-1")
    charge = provider.receiver.take("charge.succeeded")["data"]["object"]
    assert charge["payment_method_details"]["alipay"]["buyer_id"]


def test_a_refund_that_fails_later_is_reported(provider: Server) -> None:
    gateway = provider.gateway()
    opened = gateway.open_intent(make_order())
    provider.order("/pay", reference=opened.reference)
    refund = gateway.refund(opened.reference, "r-1", 1_000, "asked")
    provider.order(f"/refunds/{refund.provider_refund}/fail")
    failed = provider.receiver.take("refund.failed")["data"]["object"]
    assert failed["status"] == "failed"
    intent = provider.get(f"/v1/payment_intents/{opened.reference}").json()
    provider.order("/warnings", charge=intent["latest_charge"])
    assert provider.receiver.take("radar.early_fraud_warning.created")
    dispute = provider.order("/disputes", payment_intent=opened.reference)
    provider.order(f"/disputes/{dispute['id']}/review")
    assert provider.receiver.take("charge.dispute.updated")["data"]["object"]["status"] == "under_review"
    until(lambda: not provider.get("/_sandbox/webhooks").json()["waiting"])
    kinds = {event["type"] for event in provider.receiver.empty()}
    assert kinds <= set(EVENT_TYPES)


def test_the_command_prints_a_line_per_check_and_fails(
    provider: Server, world: World, database_url: str, redis_server: Redis
) -> None:
    deps = replace(world.deps, gateway=provider.gateway())
    app = create_app(config(database_url, redis_server), deps)
    good = app.test_cli_runner().invoke(args=["doctor"])
    assert good.exit_code == 0, good.output
    assert all(line.startswith("ok ") for line in good.stdout.splitlines())
    provider.order("/account", events=["charge.succeeded"])
    bad = app.test_cli_runner().invoke(args=["doctor"])
    assert bad.exit_code == 1
    assert "fault webhook" in bad.stdout
