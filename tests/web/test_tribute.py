"""In honour and in memory: kept through every step of the form, sealed, shown once somebody let it pass."""

from tests.api.client import Api, problem
from tests.web.reader import Reader, text
from tests.world import World


def test_a_tribute_from_form_to_wall(manager: Reader, world: World) -> None:
    world.pot(30_00)
    manager.give(409, chip="10000", tribute_kind="memory", tribute_name="爷爷<i>")
    manager.send(manager.form_page, accept="1")
    donation = world.do(lambda tx: tx.scalar("SELECT id FROM donation"))
    world.pay(donation)
    assert "爷爷" not in manager.open("/c/day/people")
    assert "爷爷" in manager.open("/console/words")
    manager.send("/console/words", show="")
    page = manager.open("/c/day/people")
    assert "纪念 爷爷&lt;i&gt;" in text(page) and "爷爷<i>" not in page


def test_a_tribute_by_api(reader: Reader, world: World) -> None:
    api = Api(reader.http, world)
    body = api.command(tribute={"kind": "honour", "name": "小满"})
    assert api.post("/donations", body).status_code == 201
    assert api.post("/donations", body).status_code == 200
    problem(
        api.post("/donations", body | {"tribute": {"kind": "honour", "name": "大满"}}), 409, "donation_id_reused"
    )
    assert api.post("/donations", api.command(tribute={"kind": "x", "name": "小满"})).status_code == 422
    problem(
        api.post("/donations", api.command(tribute={"kind": "honour", "name": "\u202e"})), 422, "validation_failed"
    )
