"""A donor's page, and the commands of an operator."""

import json

import pytest
from flask import Flask

from campaigns.donations.donors.contact import read_contact
from campaigns.privacy.export import export
from campaigns.privacy.person import alone
from kernel.errors import NotFound
from tests.cli.conftest import Terminal
from tests.privacy.people import EMAIL, MARKS, MESSAGE, NAME, PHONE, dump, give_everything, traces
from tests.web.reader import Reader, text
from tests.world import World


@pytest.fixture
def terminal(app: Flask) -> Terminal:
    return Terminal(app)


def test_a_donor_downloads_and_erases_on_their_page(app: Flask, world: World) -> None:
    left = give_everything(world)
    reader = Reader(app.test_client(), world)
    address = f"/d/{left.own}?token={world.deps.keys.token(str(left.own))}"
    reader.open(address)
    exported = json.loads(reader.send("/personal-data"))
    assert exported["donations"][0]["personal"]["name"] == NAME
    reader.open(address)
    reader.send("/erasure", sure=None)
    assert (
        world.do(read_contact, world.deps.keys, left.own)["message"] == MESSAGE
    )  # nobody said that they were sure
    reader.open(address)
    page = text(reader.send("/erasure", sure="1"))
    assert "已注销，任何人都无法再读取" in page
    assert "感谢状（图片）" in page and "写上名字的海报" not in page
    assert "erased; nobody can read them" in text(reader.open(f"{address}&lang=en"))
    assert traces(reader.page.text) == []
    with pytest.raises(NotFound, match="donor_unknown"):
        world.do(lambda tx: export(world.deps, tx, alone(tx, left.own), "test"))
    assert traces(dump(world)) == []
    world.check()


def test_without_the_token_the_page_gives_and_erases_nothing(app: Flask, world: World) -> None:
    left = give_everything(world)
    http = app.test_client()
    for path in ("personal-data", "erasure"):
        assert http.post(f"/d/{left.own}/{path}", data={"sure": "1", "token": "dt_x"}).status_code in (400, 404)
    assert world.do(read_contact, world.deps.keys, left.own)["name"] == NAME


def test_an_operator_exports_and_erases_what_they_type(terminal: Terminal, world: World) -> None:
    left = give_everything(world)
    printed = terminal.ok("donors", "export", typed=f"{EMAIL}\n")
    body = json.loads(printed)
    assert [row["id"] for row in body["donations"]] == [str(left.own)]
    printed = terminal.ok("donors", "export", "--donation", str(left.platform))
    assert traces(printed) == list(MARKS)
    assert terminal.run("donors", "erase", typed=f"{PHONE}\nn\n").exit_code == 1
    assert traces(terminal.ok("donors", "export", typed=f"{PHONE}\n")) == list(MARKS)
    output = terminal.ok("donors", "erase", typed=f"{PHONE}\ny\n")
    assert output.splitlines()[-1].startswith("2 donations and ")
    terminal.refused("donor_unknown", "donors", "erase", "--yes", typed=f"{PHONE}\n")
    terminal.refused("contact_invalid", "donors", "export", typed="张三\n")
    assert traces(dump(world)) == []


def test_keys_are_wrapped_anew_by_command(terminal: Terminal, world: World) -> None:
    give_everything(world)
    assert "keys and secrets are wrapped" in terminal.ok("keys", "rewrap")
    world.do(
        lambda tx: tx.run(
            "UPDATE partner_secret SET sealed_secret = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='"
        )
    )
    terminal.refused("field_key_unknown", "keys", "rewrap")
