"""Pictures and news through API, pages and HTTP: who may, what is stored, and with which headers it is sent."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.bucket import BucketStore
from campaigns.disclosure.pictures import pictures_of
from campaigns.network.people import create_manager
from embedded.process import wait_until
from kernel.files import FolderStore
from tests.api.client import Api, application, problem
from tests.buckets import bucket
from tests.projects.photos import bomb, photo, telling_photo
from tests.web.reader import PASSWORD, Reader
from tests.world import World

TEXT = "caption=%E7%81%B6%E5%8F%B0%E7%A0%8C%E5%A5%BD%E4%BA%86&people=none"
MADE_UP = ("0" * 32 + "-720", "0" * 32 + "-999999999", "../" * 10 + "ab-720", "%00" * 32 + "-720", "x" * 32 + "-1")


@pytest.fixture
def app(world: World, database_url: str, tmp_path: Path) -> Flask:
    """With a folder of its own for files."""
    return application(database_url, replace(world.deps, pictures=FolderStore(tmp_path)))


def upload(api: Api, path: str, data: bytes, query: str = TEXT, role: str = "liaison") -> TestResponse:
    headers = {"Authorization": f"Bearer {api.token(role)}"}
    return api.http.post(f"/api/v1{path}?{query}", data=data, headers=headers, content_type="image/jpeg")


def test_everybody_sees_a_picture_until_consent_is_withdrawn(api: Api) -> None:
    world, token = api.world, api.token("liaison")
    pictures = f"/projects/{world.projects[0]}/pictures"
    consented = f"{TEXT.replace('none', 'adults')}&consented=true"
    made = upload(api, pictures, telling_photo(), consented)
    assert made.status_code == 201, made.text
    picture: Any = made.get_json()
    again: Any = upload(api, pictures, telling_photo(), consented).get_json()
    assert again["id"] == picture["id"], "sent again, it is not there twice"
    address = picture["files"]["720"]
    shown = api.http.get(address)
    assert shown.status_code == 200 and shown.mimetype == "image/webp" and len(shown.data) < 80_000
    assert b"SECRET" not in shown.data and b"EXIF" not in shown.data
    assert shown.headers["Cache-Control"] == "public, max-age=31536000, s-maxage=60, immutable"
    assert shown.headers["X-Content-Type-Options"] == "nosniff" and "Set-Cookie" not in shown.headers
    assert api.http.get(address, headers={"If-None-Match": shown.headers["ETag"]}).status_code == 304
    project = f"/c/{world.slug}/p/{world.projects[0]}"
    public: Any = api.get(f"/campaigns/{world.slug}/projects/{world.projects[0]}").get_json()
    assert public["picture"]["id"] == picture["id"] and len(public["pictures"]) == 1
    page = api.http.get(project).text
    assert address in page and "灶台砌好了" in page and 'width="1200" height="1600"' in page
    assert address in api.http.get(f"/c/{world.slug}").text, "the card shows it too"
    link = f"{project}/link.zh.jpg"
    assert f'<meta property="og:image" content="http://127.0.0.1{link}">' in page
    with_photo = api.http.get(link)
    assert with_photo.mimetype == "image/jpeg" and len(with_photo.data) < 250_000

    remove = f"{pictures}/{picture['id']}/remove"
    problem(api.post(remove, {"reason": "x"}, token), 422, "validation_failed")
    assert api.post(remove, {"reason": "consent_withdrawn"}, token).status_code == 204
    assert api.http.get(address).status_code == 404
    page = api.http.get(project).text
    assert address not in page and "/link.zh.png" in page
    assert api.http.get(link).data != with_photo.data, "nor is it in the picture that chats have"


def test_pictures_in_a_bucket_are_served_by_the_site(world: World, database_url: str, tmp_path: Path) -> None:
    with bucket(tmp_path) as (server, url):
        app = application(database_url, replace(world.deps, pictures=BucketStore(url)), PICTURES_URL=url)
        api = Api(app.test_client(), world)
        pictures = f"/projects/{world.projects[0]}/pictures"
        picture: Any = upload(api, pictures, photo((400, 400))).get_json()
        address = picture["files"]["720"]
        assert address == f"/pictures/{address[10:42]}-720.webp" and len(list(tmp_path.rglob("*.webp"))) == 3
        shown = api.http.get(address)
        assert shown.headers["Cache-Control"] == "public, max-age=31536000, s-maxage=60, immutable"
        assert shown.mimetype == "image/webp" and url.partition("@")[2] not in api.http.get(f"/c/{world.slug}").text
        server.stop()
        problem(upload(api, pictures, photo((480, 480))), 503, "pictures_unavailable")
        assert len(api.world.do(pictures_of, world.projects[0])) == 1
        assert api.http.get(address).status_code == 503
        unchanged = api.http.get(address, headers={"If-None-Match": shown.headers["ETag"]})
        assert unchanged.status_code == 304, "who has it needs no store"
        assert api.http.get(f"/c/{world.slug}/p/{world.projects[0]}").status_code == 200
        assert api.http.get(f"/c/{world.slug}/p/{world.projects[0]}/link.zh.jpg").status_code == 200
        server.start()
        assert wait_until(lambda: api.http.get(address).status_code == 200, 20)
        remove = f"{pictures}/{picture['id']}/remove"
        assert api.post(remove, {"reason": "consent_withdrawn"}, api.token("liaison")).status_code == 204
        assert list(tmp_path.rglob("*.webp")) == []


@pytest.mark.parametrize(
    ("data", "query", "status", "code"),
    [
        (b"<svg><script>alert(1)</script></svg>", TEXT, 422, "picture_invalid"),
        (bomb(), TEXT, 422, "picture_invalid"),
        (photo((400, 400)), TEXT.replace("none", "adults"), 422, "picture_invalid"),
        (photo((400, 400)), "people=none", 422, "validation_failed"),
        (bytes(13 << 20), TEXT, 413, "body_too_large"),
    ],
)
def test_a_refused_picture_leaves_no_file(
    api: Api, tmp_path: Path, data: bytes, query: str, status: int, code: str
) -> None:
    problem(upload(api, f"/projects/{api.world.projects[0]}/pictures", data, query), status, code)
    assert list(tmp_path.rglob("*.webp")) == []


def test_made_up_picture_addresses_are_not_found(api: Api) -> None:
    for name in MADE_UP:
        assert api.http.get(f"/pictures/{name}.webp").status_code in (400, 404), name


def test_news_are_published_illustrated_and_hidden(api: Api) -> None:
    world = api.world
    project = f"/projects/{world.projects[0]}"
    body = {"happened_on": "2026-09-01", "title": "灶台砌好了", "text": "<b>砖</b>是自己拉的。"}
    item: Any = api.manage(f"{project}/news", body, role="liaison")
    path = f"{project}/news/{item['id']}"
    picture: Any = upload(api, f"{path}/picture", photo((400, 400))).get_json()
    shown: Any = api.get(f"/campaigns/{world.slug}{project}").get_json()
    assert [(news["title"], news["picture"]["id"]) for news in shown["news"]] == [("灶台砌好了", picture["id"])]
    page = api.http.get(f"/c/{world.slug}/p/{world.projects[0]}").text
    assert "灶台砌好了" in page and "<b>砖</b>" not in page and "2026-09-01" in page
    problem(api.post(f"{path}/hide", {"reason": "x"}, api.token("liaison")), 403, "not_permitted")
    assert api.post(f"{path}/hide", {"reason": "names somebody"}, api.token("reviewer")).status_code == 200
    assert api.http.get(picture["files"]["360"]).status_code == 404
    assert "灶台砌好了" not in api.http.get(f"/c/{world.slug}/p/{world.projects[0]}").text
    restored: Any = api.post(f"{path}/show", {}, api.token("reviewer")).get_json()
    assert restored["hidden"] is False
    changed: Any = api.call("PATCH", path, {"title": "灶台和烟囱砌好了"}, api.token("liaison")).get_json()
    assert changed["title"] == "灶台和烟囱砌好了"
    foreign = f"/projects/{world.projects[1]}/news/{item['id']}"
    problem(api.call("PATCH", foreign, {}, api.token()), 404, "news_unknown")


def test_a_manager_works_by_page(api: Api, app: Flask) -> None:
    world = api.world
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    reader = Reader(app.test_client(), world)
    reader.sign_in("boss")
    where = f"/projects/{world.projects[0]}"
    assert "还没有图片" in reader.open(f"/console{where}")
    file = (io.BytesIO(photo((400, 400))), "kitchen.jpg")
    page = reader.send(f"{where}/pictures", file=file, caption="灶台", people="none")
    assert "图片已加上。" in page
    thumbnail = page.partition('<img class="thumbnail')[2].partition('src="')[2].partition('"')[0]
    assert reader.http.get(thumbnail).mimetype == "image/webp"
    upload = (io.BytesIO(b"GIF89a"), "x.gif")
    assert "不是能读取的图片" in reader.send(f"{where}/pictures", file=upload, caption="x", people="none")
    assert "图片的说明已保存" in reader.send(f"{where}/pictures/1", caption="新灶台", focus_x="2")
    assert "新灶台" in reader.page.text and "fx2" in reader.page.text
    assert "图片已撤下" in reader.send("/remove", reason="old")
    assert reader.http.get(thumbnail).status_code == 404
    assert "消息已发布" in reader.send(f"{where}/news", happened_on="2026-09-01", title="灶台砌好了")
    assert "消息已隐藏" in reader.send("/news/1/hide", reason="x")
    assert "消息已重新显示" in reader.send("/news/1/show")
