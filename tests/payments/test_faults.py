"""What goes wrong between us and the provider, on order: lost answers, silence, errors, restarts."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from payments.gateway import ClosedAs, GatewayRefused, GatewayUnavailable, OpenedPayment, PaymentOrder
from payments.stripe import StripeGateway
from tests.payments.conftest import judged, make_order
from tests.payments.servers import KEY, Receiver, Server, start_sandbox, until


@pytest.fixture(autouse=True)
def no_fault_left(sandbox: Server) -> Iterator[None]:
    yield
    assert sandbox.http.delete(f"{sandbox.base}/_sandbox/faults", timeout=10).status_code == 200


def payments_of(server: Server, order: PaymentOrder) -> list[str]:
    query = f"metadata['donation_id']:'{order.donation_id}'"
    intents = server.get("/v1/payment_intents/search", query=query).json()["data"]
    return [intent["id"] for intent in intents]


def test_answer_lost_after_the_effect_the_repeat_finds_what_was_made(sandbox: Server, order: PaymentOrder) -> None:
    sandbox.order("/faults", kind="drop_after", path="/v1/payment_intents")
    with pytest.raises(GatewayUnavailable):
        sandbox.gateway().open_intent(order)
    [made] = payments_of(sandbox, order)
    assert sandbox.gateway().open_intent(order).reference == made  # another instance: another process
    assert payments_of(sandbox, order) == [made]


def test_without_our_key_the_repeat_makes_a_second_payment(sandbox: Server, order: PaymentOrder) -> None:
    # The control of the test above: the defence is the key and nothing else.
    form = {"amount": "100", "currency": "cny", "metadata[donation_id]": str(order.donation_id)}
    for _ in range(2):
        assert sandbox.post("/v1/payment_intents", **form).status_code == 200
    assert len(payments_of(sandbox, order)) == 2


def test_checkout_repeated_is_one_session(sandbox: Server, order: PaymentOrder) -> None:
    sandbox.order("/faults", kind="drop_after", path="/v1/checkout/sessions")
    with pytest.raises(GatewayUnavailable):
        sandbox.gateway().open_checkout(order)
    first = sandbox.gateway().open_checkout(order)
    assert sandbox.gateway().open_checkout(order) == first


def test_refund_whose_answer_was_lost_is_made_once(sandbox: Server, order: PaymentOrder) -> None:
    gateway = sandbox.gateway()
    opened = gateway.open_intent(order)
    sandbox.order("/pay", reference=opened.reference)
    sandbox.order("/faults", kind="drop_after", method="POST", path="/v1/refunds")
    with pytest.raises(GatewayUnavailable):
        gateway.refund(opened.reference, 77, 2_000, "donor asked")
    assert gateway.refund(opened.reference, 77, 2_000, "donor asked").refunded_total_minor == 2_000


def test_close_whose_answer_was_lost(sandbox: Server, order: PaymentOrder) -> None:
    gateway = sandbox.gateway()
    opened = gateway.open_checkout(order)
    sandbox.order("/faults", kind="drop_after", path="/expire")
    with pytest.raises(GatewayUnavailable):
        gateway.close(opened.reference)
    assert gateway.close(opened.reference) is ClosedAs.CLOSED


def test_checkout_whose_answer_was_lost_opens_in_another_language(sandbox: Server, order: PaymentOrder) -> None:
    sandbox.order("/faults", kind="drop_after", path="/v1/checkout/sessions")
    with pytest.raises(GatewayUnavailable):
        sandbox.gateway().open_checkout(order)
    opened = sandbox.gateway().open_checkout(replace(order, locale="en"))
    assert opened == sandbox.gateway().open_checkout(order)
    assert sandbox.get(f"/v1/checkout/sessions/{opened.reference}").json()["locale"] == "zh"


def test_same_key_with_another_amount_is_refused(sandbox: Server, order: PaymentOrder) -> None:
    sandbox.gateway().open_intent(order)
    with pytest.raises(GatewayRefused) as refused:
        sandbox.gateway().open_intent(make_order(donation_id=order.donation_id, amount_minor=1))
    assert refused.value.code == "idempotency_error"


def test_many_at_once_with_one_key_make_one_payment(sandbox: Server, order: PaymentOrder) -> None:
    gateway = sandbox.gateway()
    opened: list[OpenedPayment] = []
    start = threading.Barrier(8)

    def give() -> None:
        start.wait()
        opened.append(gateway.open_intent(order))

    threads = [threading.Thread(target=give) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 8
    assert len({payment.reference for payment in opened}) == 1
    assert payments_of(sandbox, order) == [opened[0].reference]


@pytest.mark.parametrize("kind", ["500", "429", "drop_before"])
def test_trouble_of_the_provider_may_be_tried_again(sandbox: Server, order: PaymentOrder, kind: str) -> None:
    sandbox.order("/faults", kind=kind)
    with pytest.raises(GatewayUnavailable):
        sandbox.gateway().open_intent(order)
    assert payments_of(sandbox, order) == []
    assert sandbox.gateway().open_intent(order).client_secret


@pytest.mark.parametrize("kind", ["delay", "delay_after"])
def test_silence_ends_after_our_time_out(sandbox: Server, order: PaymentOrder, kind: str) -> None:
    sandbox.order("/faults", kind=kind, seconds=1.5)
    with pytest.raises(GatewayUnavailable):  # who waits for the answer gets it
        sandbox.gateway(timeout_s=0.5).open_intent(order)
    opened = until(lambda: sandbox.gateway().open_intent(order))
    until(lambda: payments_of(sandbox, order) == [opened.reference])
    time.sleep(1.5)  # the delayed first request takes effect only now
    assert payments_of(sandbox, order) == [opened.reference]


def test_an_unreachable_provider_and_a_wrong_key_are_told_apart(sandbox: Server, order: PaymentOrder) -> None:
    with pytest.raises(GatewayUnavailable):
        StripeGateway(KEY, "http://127.0.0.1:9", ["card"]).open_intent(order)
    with pytest.raises(GatewayRefused):
        StripeGateway("sk_test_other", sandbox.base, ["card"]).open_intent(order)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"amount": "100"}, "parameter_missing"),
        ({"amount": "100", "currency": "cny", "colour": "red"}, "parameter_unknown"),
        ({"amount": "many", "currency": "cny"}, "parameter_invalid_integer"),
        ({"amount": "100", "currency": "cny", "metadata[a][b]": "c"}, None),
        ({"amount": "100", "currency": "cny", "metadata[": "c"}, None),
    ],
)
def test_the_sandbox_is_as_strict_as_stripe(sandbox: Server, form: dict[str, str], code: str | None) -> None:
    response = sandbox.post("/v1/payment_intents", **form)
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["type"], error.get("code")) == ("invalid_request_error", code)
    assert response.headers["Request-Id"].startswith("req_")


def test_the_cashier_links_to_web_addresses_only(sandbox: Server) -> None:
    with pytest.raises(GatewayRefused) as refused:
        sandbox.gateway().open_checkout(make_order(success_url="javascript:alert(1)"))
    assert refused.value.code == "url_invalid"


def test_replayed_answers_say_so(sandbox: Server, order: PaymentOrder) -> None:
    form = {"amount": "100", "currency": "cny"}
    headers = {"Idempotency-Key": str(order.donation_id)}
    url = f"{sandbox.base}/v1/payment_intents"
    first, again = (sandbox.http.post(url, data=form, headers=headers, timeout=10) for _ in range(2))
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"


def test_publishable_key_confirms_with_the_client_secret_only(sandbox: Server, order: PaymentOrder) -> None:
    opened = sandbox.gateway().open_intent(order)
    url = f"{sandbox.base}/v1/payment_intents/{opened.reference}/confirm"

    def confirm(**form: str | None) -> int:
        form = {"payment_method": "pm_card_visa"} | form
        return requests.post(url, data=form, auth=("pk_test_x", ""), timeout=10).status_code

    assert confirm() == 401
    assert confirm(client_secret="pi_x_secret_y") == 404
    assert confirm(client_secret=opened.client_secret) == 200


def test_killed_and_started_again_nothing_is_lost(tmp_path: Path, receiver: Receiver) -> None:
    first = start_sandbox(tmp_path, receiver)
    order, paid_order = make_order(), make_order()
    opened = first.gateway().open_checkout(order)
    first.order("/webhooks/pause")
    paid = first.gateway().open_intent(paid_order)
    first.order("/pay", reference=paid.reference)
    first.child.kill()

    port = int(first.base.rpartition(":")[2])
    again = start_sandbox(tmp_path, receiver, port)
    assert again.gateway().open_checkout(order) == opened
    assert again.gateway().close(paid.reference) is ClosedAs.PAID
    event = receiver.take("payment_intent.succeeded", paid.reference)
    assert event["data"]["object"]["metadata"] == {"donation_id": str(paid_order.donation_id)}
    judged(again)
    again.child.stop()
