"""Somebody to talk to: the host's phone on the pages, a question about a donation, its answer."""

from tests.api.client import Api, problem
from tests.web.reader import Reader, forms, text
from tests.world import World


def paid(world: World) -> tuple[str, str]:
    donation = world.give(66_00)
    world.pay(donation)
    return str(donation.id), world.deps.keys.token(str(donation.id))


def test_a_question_is_answered_on_the_donations_page(manager: Reader, world: World) -> None:
    donation_id, token = paid(world)
    manager.open(f"/d/{donation_id}?token={token}")
    page = manager.send(f"/d/{donation_id}/questions#question", question="票据什么时候开？<b>")
    assert "已收到" in page and "&lt;b&gt;" in page
    assert world.do(lambda tx: tx.scalar("SELECT words FROM donor_question")).startswith("sealed:")
    page = manager.open("/console/questions")
    assert "票据什么时候开" in page and donation_id in page
    manager.send("/console/questions/1", reason="下周开好")
    assert "下周开好" in manager.open(f"/d/{donation_id}")


def test_what_was_refused_is_kept_and_said_where_it_was_typed(reader: Reader, world: World) -> None:
    """The reply opens at its part of the page: a notice at the top would be out of sight."""
    donation_id, token = paid(world)
    reader.open(f"/d/{donation_id}?token={token}")
    own = reader.page
    for part, action, typed in (
        ("question", "/questions#question", {"question": "问" * 501}),
        ("refund", "/refund-requests#refund", {"reason": "捐错了村", "amount": "9999"}),
        ("receipt", "/receipt#receipt", {"title": "某公司", "kind": "company", "email": "a@example.org"}),
    ):
        reader.page = own
        where, fields = next(form for form in forms(reader.page.text) if form[0].endswith(action))
        page = reader.http.post(where, data=fields | typed, follow_redirects=True).text
        opened = page.split(f'id="{part}" open>')[1].split("</details>")[0]
        assert 'role="alert"' in opened and page.count('role="alert"') == 1, part
        assert all(words in opened for words in typed.values()), part


def test_the_contact_of_the_host_is_shown_on_the_pages(manager: Reader, world: World) -> None:
    donation_id, token = paid(world)
    manager.open(f"/console/campaigns/{world.slug}")
    manager.send("/contact", phone="0379-6339 0000", hours="9:00 至 18:00", email="help@example.org")
    for path in ("/c/day", "/report?campaign=day", f"/d/{donation_id}?token={token}"):
        page = manager.open(path)
        assert 'href="tel:0379-63390000"' in page and "9:00 至 18:00" in page, path
    manager.open(f"/console/campaigns/{world.slug}")
    assert "请填写正确的电话号码" in text(manager.send("/contact", phone="call me"))


def test_questions_by_api(reader: Reader, world: World) -> None:
    api = Api(reader.http, world)
    donation_id, token = paid(world)
    response = api.post(f"/donations/{donation_id}/questions", {"question": "何时拨付？"}, token).get_json()
    assert response["answer"] == "" and response["answered_at"] is None
    again = api.post(f"/donations/{donation_id}/questions", {"question": "何时拨付？"}, token).get_json()
    assert again["id"] == response["id"]
    for number in range(4):
        api.post(f"/donations/{donation_id}/questions", {"question": f"第 {number} 问"}, token)
    problem(api.post(f"/donations/{donation_id}/questions", {"question": "再问"}, token), 409, "question_limit")
    api.manage(f"/questions/{response['id']}/answer", {"answer": "公示期后"}, 200)
    other = api.call("POST", f"/questions/{response['id']}/answer", {"answer": "改口"}, api.token())
    problem(other, 409, "question_answered")
    assert api.get(f"/donations/{donation_id}/questions", token).get_json()[0]["answer"] == "公示期后"
    assert api.manage("/campaigns/day/contact", {"phone": "12345"}, 200, method="PATCH")["phone"] == "12345"
    assert api.get("/campaigns/day/contact").get_json() == {"phone": "12345", "hours": "", "email": ""}


def test_erasure_takes_questions_with_it(reader: Reader, world: World) -> None:
    donation_id, token = paid(world)
    reader.open(f"/d/{donation_id}?token={token}")
    reader.send(f"/d/{donation_id}/questions#question", question="我叫王小满")
    reader.open(f"/d/{donation_id}?token={token}")
    reader.send(f"/d/{donation_id}/erasure", sure="1")
    assert world.do(lambda tx: tx.scalar("SELECT words FROM donor_question")) == "sealed:"
