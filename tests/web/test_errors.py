"""What went wrong, in both languages, with the request's id."""

import pytest
from flask import abort
from sqlalchemy.exc import OperationalError

from kernel.errors import Refusal, Unavailable
from tests.web.reader import Reader
from tests.world import World


@pytest.fixture
def failing(reader: Reader) -> Reader:
    """Pages that fail in ways that are hard to bring about."""

    class Slow(Refusal):
        pass

    def fail(how: str) -> str:
        raise {
            "429": Slow("rate_limited"),
            "503": Unavailable("database_unavailable"),
            "down": OperationalError("SELECT 1", {}, Exception("gone")),
            "500": RuntimeError("a secret"),
        }.get(how) or abort(int(how))

    reader.http.application.add_url_rule("/fail/<how>", view_func=fail)
    return reader


@pytest.mark.parametrize(
    ("how", "status", "chinese", "english"),
    [
        ("400", 400, "请求无法理解", "could not be understood"),
        ("403", 403, "没有权限", "Access denied"),
        ("404", 404, "没有找到", "Not found"),
        ("410", 410, "内容已不再提供", "No longer available"),
        ("413", 413, "提交的内容太大", "Too much data"),
        ("429", 429, "操作太频繁", "Too many requests"),
        ("500", 500, "系统出了问题", "Something went wrong"),
        ("503", 503, "系统繁忙", "The system is busy"),
        ("down", 503, "系统繁忙", "The system is busy"),
    ],
)
def test_an_error_has_a_page(failing: Reader, how: str, status: int, chinese: str, english: str) -> None:
    page = failing.open(f"/fail/{how}", status)
    assert chinese in page and "演示环境" in page
    assert (failing.page.headers["X-Request-ID"] in page) == (status not in (404, 410)) and "a secret" not in page
    assert ("错误代码" in page) == (status >= 500), "what a donor can do nothing with is not shown"
    assert english in failing.open(f"/fail/{how}?lang=en", status)


def test_an_outage_can_be_tried_again_where_it_happened(failing: Reader) -> None:
    page = failing.open("/fail/503", 503)
    assert '<a class="button" href="">再试一次</a>' in page and "已经付的款不会丢" in page
    assert "联系主办方" not in page, "that page needs the database too"
    assert "再试一次" not in failing.open("/fail/404", 404)
    for how, status in (("429", 429), ("500", 500)):
        assert '<a class="button" href="">再试一次</a>' in failing.open(f"/fail/{how}", status)
    assert "已经付的款不会丢" in failing.open("/fail/500", 500), "a donor may come from the cashier"


def test_a_method_that_is_not_there(reader: Reader) -> None:
    response = reader.http.post("/c/day")
    assert response.status_code == 405 and "不支持这种访问方式" in response.text


def test_a_body_that_is_too_large(reader: Reader) -> None:
    response = reader.http.post(reader.form_page, data={"message": "x" * 2_000_000})
    assert response.status_code == 413 and "提交的内容太大" in response.text


def test_an_unknown_page_explains_itself(reader: Reader) -> None:
    assert "没有找到" in reader.open("/nothing/here", 404)
    assert "没有这个活动" in reader.open("/c/nothing", 404)


def test_a_project_that_is_not_there_leads_back_to_its_campaign(reader: Reader, world: World) -> None:
    for path in ("/c/day/p/99999", "/donate/day/99999"):
        assert f'href="/c/{world.slug}">回到活动' in reader.open(path, 404), path
    for path in ("/c/none/p/1", "/c/none", "/none"):
        assert "回到活动" not in reader.open(path, 404), path
