"""A refused form is shown again with what was typed into it."""

import re
from pathlib import Path

from app.console.refused_form import SECRET_FIELDS, filled
from tests.web.reader import Reader, forms
from tests.world import World

TEMPLATES = Path(__file__).parents[2] / "app/templates/console"
PAGE = """<p>é</p><details><summary>x</summary><form method="post" action="/a">
<input type="hidden" name="shown" value="1"><input type="hidden" name="was.sum" value="3">
<input name="sum" value="5" required><input name="sum" value=""><input type="password" name="password">
<input type="radio" name="row" value=""><input type="radio" name="row" value="b" checked>
<select name="cause"><option value="x" selected>X</option><option value="y">Y &amp; Z</option></select>
<textarea name="why" rows="3">
old</textarea><br/></form></details><form method="post" action="/b"><input name="sum" value="7"></form>"""


def typed_into(page: str, action: str) -> dict[str, str | list[str]]:
    return next(fields for where, fields in forms(page) if where.endswith(action))


def test_each_kind_of_field_of_the_form_is_filled_and_nothing_else() -> None:
    typed = {
        "sum": ['1"0', "2"],
        "row": [""],
        "cause": ["y"],
        "why": ["\n<b>line"],
        "shown": ["2"],
        "password": ["p"],
    }
    page = filled(PAGE, "/a", typed)
    assert '<details open><summary>x</summary><form method="post" action="/a">\n' in page
    assert (
        '<input type="hidden" name="shown" value="1">' in page and '<input type="password" name="password">' in page
    )
    assert '<input name="sum" value="1&quot;0" required><input name="sum" value="2">' in page
    assert '<input type="radio" name="row" value="" checked><input type="radio" name="row" value="b">' in page
    assert '<option value="x">X</option><option value="y" selected>Y &amp; Z</option>' in page
    assert '<textarea name="why" rows="3">\n\n&lt;b&gt;line</textarea><br/></form>' in page
    assert page.endswith('</details><form method="post" action="/b"><input name="sum" value="7"></form>')


def test_a_page_without_the_form_and_an_untouched_field_stay_as_they_are() -> None:
    assert filled(PAGE, "/c", {"sum": ["9"]}) == PAGE
    same = {"sum": ["5", ""], "row": ["b"], "cause": ["x"], "why": ["old"]}
    assert filled(PAGE, "/a", same).replace("<details open>", "<details>") == PAGE


def test_a_refused_spending_keeps_what_was_typed_until_the_next_page(manager: Reader, world: World) -> None:
    path = f"/console/projects/{world.projects[0]}/spending"
    manager.open(path)
    page = manager.send("/spending", amount="12x", purpose="大米 & 油", document_no="发票 <7>")
    assert "notice bad" in page
    form = typed_into(page, "/spending")
    assert (form["amount"], form["purpose"]) == ("12x", "大米 & 油")
    assert form["document_no"] == "发票 <7>"
    assert typed_into(manager.open(path), "/spending")["purpose"] == "", "shown once"


def test_a_long_text_that_no_cookie_holds_does_not_cost_the_others(manager: Reader, world: World) -> None:
    project = world.projects[0]
    long = "".join(chr(0x4E00 + place * 7919 % 20000) for place in range(3000))
    manager.open(f"/console/projects/{project}/spending")
    page = manager.send("/spending", amount="x", purpose=long, document_no="7")
    form = typed_into(page, "/spending")
    assert (form["amount"], form["purpose"], form["document_no"]) == ("x", "", "7")
    cookie = manager.page.request.environ["HTTP_COOKIE"]
    assert len(cookie) < 4096


def test_no_secret_is_kept() -> None:
    """Every password field of the console is named in the list of fields that are never kept."""
    inputs = [tag for file in TEMPLATES.glob("*.html") for tag in re.findall(r"<input [^>]+", file.read_text())]
    names = {match[1] for tag in inputs if 'type="password"' in tag and (match := re.search(r'name="(\w+)"', tag))}
    assert names and names <= SECRET_FIELDS
