"""Changes with several transactions of their own, sent again with the same `Idempotency-Key`."""

from io import BytesIO

from werkzeug.test import TestResponse

from app.http.repeats import HEADER, REPLAYED
from tests.api.client import Api, problem
from tests.api.test_repeats import send
from tests.races.runners import at_once
from tests.world import World


def test_a_file_that_is_uploaded_again_gets_the_same_reply(api: Api, world: World) -> None:
    """In a form too, whose boundary is another one each time."""

    def upload(text: str, key: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {api.token()}", HEADER: key}
        form = {"file": (BytesIO(text.encode()), "projects.csv")}
        return api.http.post("/api/v1/imports/projects?preview=1", headers=headers, data=form)

    first, again, other = upload("x\n", "file-1"), upload("x\n", "file-1"), upload("x\n", "file-2")
    assert first.status_code == again.status_code == 201, first.text
    assert (first.data, again.headers[REPLAYED]) == (again.data, "true")
    assert other.get_json()["id"] != first.get_json()["id"]
    problem(upload("y\n", "file-1"), 409, "idempotency_key_reused")


def test_a_change_with_transactions_of_its_own_has_its_reply_kept(api: Api, world: World) -> None:
    path = f"/campaigns/{world.slug}/close"
    problem(send(api, path, {}, "close-1"), 409, "nothing_due")
    world.clock.advance(days=3)
    api.token()
    replies = at_once(*[lambda: send(api, path, {}, "close-1")] * 4)
    assert {reply.status_code for reply in replies} <= {200, 409}
    (body,) = {reply.data for reply in replies if reply.status_code == 200}
    again = send(api, path, {}, "close-1")
    assert (again.data, again.headers[REPLAYED]) == (body, "true")
