"""Files that are uploaded over the API: shown, confirmed, and imported by the job. Amounts are fen."""

import io
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app.api.files import imports
from app.http.off_loop import off_loop
from app.jobs.registry import run as run_job
from app.jobs.runs import Unit
from campaigns.imports import runs
from campaigns.imports.models import ImportFile
from campaigns.imports.work import KEPT_FOR, work_off
from campaigns.network.roles import Caller
from campaigns.rights import widened
from kernel.clock import FixedClock
from kernel.errors import NotFound
from tests.api.client import Api, Json, problem
from tests.conftest import NOON
from tests.real_life.files_steps import HEAD, NEW_PROJECT, gift, sample, world
from tests.world import TREE, World

__all__ = ["world"]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


def send(api: Api, path: str, data: bytes | str, token: str | None = None, *, raw: bool = False) -> TestResponse:
    """Hand a file in, as a form does or as the body."""
    content = data.encode() if isinstance(data, str) else data
    headers = {"Authorization": f"Bearer {token or api.token()}"}
    if raw:
        return api.http.post(f"/api/v1/imports/{path}", data=content, headers=headers, content_type="text/csv")
    form = {"file": (io.BytesIO(content), "文件.csv")}
    return api.http.post(f"/api/v1/imports/{path}", data=form, headers=headers)


def shown(api: Api, path: str, data: bytes | str, **other: Any) -> Json:
    response = send(api, path, data, **other)
    assert response.status_code == 201, response.text
    body: Json = response.get_json()
    return body


def files(world: World) -> int:
    return int(world.do(lambda tx: tx.scalar("SELECT count(*) FROM import_file")))


@pytest.mark.parametrize("second", ["file", "other"])
def test_of_two_files_none_is_read(api: Api, world: World, second: str) -> None:
    data = sample("offline-excel-zh.gbk.csv")
    form = MultiDict([("file", (io.BytesIO(data), "a.csv")), (second, (io.BytesIO(data), "b.csv"))])
    headers = {"Authorization": f"Bearer {api.token()}"}
    refused = api.http.post("/api/v1/imports/donations?preview=1", data=form, headers=headers)
    problem(refused, 422, "too_many_files")
    empty = MultiDict([("file", (io.BytesIO(data), "a.csv")), ("file", (io.BytesIO(b""), ""))])
    assert api.http.post("/api/v1/imports/donations?preview=1", data=empty, headers=headers).status_code == 201


@pytest.mark.parametrize("raw", [False, True])
def test_a_file_is_shown_confirmed_and_imported_once(api: Api, world: World, raw: bool) -> None:
    data = sample("offline-excel-zh.gbk.csv")
    preview = shown(api, "donations?preview=1", data, raw=raw)
    assert (preview["state"], preview["rows"], preview["new"], preview["skipped"]) == ("ready", 2, 2, 2)
    assert preview["sums"][0] == {"name": "gifts", "rows": 2, "amount_minor": 1_050_00}
    assert (preview["encoding"], preview["faults"]) == ("gb18030", [])
    assert world.totals().raised_minor == 0
    confirmed = send(api, f"donations?token={preview['token']}", data, raw=raw)
    assert (confirmed.status_code, confirmed.get_json()["state"]) == (202, "confirmed")
    assert run_job("imports", world.deps) == {Unit.FILES_IMPORTED: 1}
    done = api.manage(f"/imports/{preview['id']}", method="GET", status=200)
    assert (done["state"], done["added"], done["lines_done"], done["step"]) == ("done", 2, 1, "write")
    world.settle()
    assert world.totals().raised_minor == 1_050_00
    assert files(world) == 0
    again = shown(api, "donations?preview=1", data, raw=raw)
    assert (again["new"], again["sums"][2]["rows"]) == (0, 2)
    assert send(api, f"donations?token={preview['token']}", data).get_json()["state"] == "done"
    assert run_job("imports", world.deps) == {}
    world.check()


def test_each_kind(api: Api, world: World) -> None:
    cases = {
        "statement?preview=1&partner=plat": sample("alipay-merchant-bill.gb18030.csv"),
        "projects?preview=1": NEW_PROJECT.encode(),
        "network?preview=1": (TREE + "41020102,龙王村,village,410201\n").replace("嵩县", "嵩阳县").encode(),
    }
    added = {}
    for path, data in cases.items():
        preview = shown(api, path, data)
        api.manage(f"/imports/{preview['id']}/confirm", {"token": preview["token"]}, status=202)
        assert work_off(world.deps) == 1
        added[preview["kind"]] = api.manage(f"/imports/{preview['id']}", method="GET", status=200)["added"]
        if preview["kind"] == "statement":
            assert shown(api, path, data)["new"] == 0
        if preview["kind"] == "network":
            (warning,) = preview["warnings"]
            assert (warning["code"], warning["line"], warning["field"]) == ("renamed", 4, "name")
    assert added == {"statement": 3, "projects": 1, "network": 2}
    world.check()


def test_faults_have_line_field_and_code_and_the_file_is_gone(api: Api, world: World) -> None:
    preview = shown(api, "donations?preview=1", sample("offline-decimal-comma.csv"))
    assert (preview["state"], preview["fault_count"]) == ("refused", 1)
    (fault,) = preview["faults"]
    assert (fault["line"], fault["field"], fault["code"]) == (2, "amount_yuan", "amount_ambiguous")
    assert fault["params"] == {"readings_minor": [100_50, 10_050_00]}
    assert "100.50" in fault["message"]
    problem(
        api.post(f"/imports/{preview['id']}/confirm", {"token": preview["token"]}, api.token()), 409, "import_state"
    )
    workbook = shown(api, "donations?preview=1", b"PK\x03\x04" + b"\x00" * 99)
    assert [(row["line"], row["field"], row["code"]) for row in workbook["faults"]] == [(None, "file", "workbook")]
    assert files(world) == 0


def test_another_file_or_no_preview_is_not_imported(api: Api, world: World) -> None:
    preview = shown(api, "projects?preview=1", NEW_PROJECT)
    problem(send(api, "projects", NEW_PROJECT), 422, "import_unconfirmed")
    token = preview["token"]
    problem(send(api, f"projects?token={token}", NEW_PROJECT + " "), 409, "import_changed")
    problem(send(api, f"network?token={token}", NEW_PROJECT), 409, "import_changed")
    problem(send(api, "projects?token=im_0", NEW_PROJECT), 409, "import_changed")
    assert work_off(world.deps) == 0


def test_a_file_whose_meaning_changed_since_its_preview_is_not_imported(api: Api, world: World) -> None:
    first, second = (shown(api, "projects?preview=1", NEW_PROJECT) for _ in range(2))
    for preview in (first, second):
        api.manage(f"/imports/{preview['id']}/confirm", {"token": preview["token"]}, status=202)
    assert work_off(world.deps) == 2
    states = [api.manage(f"/imports/{run['id']}", method="GET", status=200)["state"] for run in (first, second)]
    assert states == ["done", "changed"]
    assert files(world) == 0


def test_large_gifts_are_confirmed_with_a_reason(api: Api, world: World) -> None:
    preview = shown(api, "donations?preview=1", sample("offline-typo-million.csv"))
    assert [row["code"] for row in preview["questions"]] == ["unusually_large"]
    path, token = f"/imports/{preview['id']}/confirm", preview["token"]
    refused = problem(api.post(path, {"token": token}, api.token()), 422, "import_unconfirmed")
    assert sorted(refused["errors"]) == ["large", "reason"]
    api.manage(path, {"token": token, "large": True, "reason": "银行回单已核对"}, status=202)
    assert work_off(world.deps) == 1
    world.settle()
    assert world.totals().raised_minor == 1_000_000_00


def test_a_correction_needs_a_second_person(api: Api, world: World) -> None:
    gifts = shown(api, "donations?preview=1", HEAD + "BOX-1,P000033,1000,2026-09-09 10:00,,\n")
    api.manage(f"/imports/{gifts['id']}/confirm", {"token": gifts["token"]}, status=202)
    work_off(world.deps)
    world.settle()
    preview = shown(api, "donations?preview=1", sample("offline-correction.csv"))
    path, body = f"/imports/{preview['id']}/confirm", {"token": preview["token"], "reason": "多输了"}
    refused = problem(api.post(path, body, api.token()), 422, "import_unconfirmed")
    assert list(refused["errors"]) == ["confirmed_by"]
    api.manage(path, body, status=202, role="finance")
    assert work_off(world.deps) == 1
    world.settle()
    assert gift(world, "BOX-1").refunded_minor == 900_00
    world.check()


def test_a_small_file_is_read_beside_the_event_loop(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What that gains is shown in `test_greenlets.py`."""
    beside: list[str] = []
    monkeypatch.setattr(imports, "off_loop", lambda act: beside.append("read") or off_loop(act))
    assert shown(api, "donations?preview=1", sample("offline-excel-zh.gbk.csv"))["rows"] == 2
    assert beside == ["read"]


def test_each_role_imports_only_its_kinds_of_file(api: Api, world: World) -> None:
    refused = (403, "not_permitted")
    for role, kinds in (("liaison", ("donations", "network", "statement")), ("finance", ("projects", "network"))):
        for kind in kinds:
            problem(send(api, f"{kind}?preview=1&partner=plat", NEW_PROJECT, api.token(role)), *refused)
    problem(send(api, "donations?preview=1", HEAD, api.token("auditor")), *refused)
    preview = shown(api, "projects?preview=1", NEW_PROJECT, token=api.token("liaison"))
    problem(api.get(f"/imports/{preview['id']}", api.token("finance")), *refused)
    assert api.get("/imports", api.token("finance")).get_json() == []
    assert len(api.get("/imports", api.token("liaison")).get_json()) == 1


def test_a_branch_imports_only_what_is_its_own(world: World) -> None:
    county = Caller("county", "manager", "4102")
    with pytest.raises(Exception, match="not_permitted"):
        runs.upload(world.deps, county, "network", TREE.encode(), "tree.csv")
    run = runs.upload(world.deps, county, "projects", NEW_PROJECT.encode(), "projects.csv")
    assert [row["code"] for row in run.report["faults"]] == ["outside_branch"]
    other = Caller("other", "manager", "4101")
    with pytest.raises(NotFound):
        world.do(runs.find, other, run.id)
    gifts = HEAD + "BOX-1,P000033,10,2026-09-09 10:00,,\n"
    run = runs.upload(world.deps, county, "donations", gifts.encode(), "box.csv")
    assert [row["code"] for row in run.report["faults"]] == ["outside_branch"]
    city = world.do(widened, Caller("city", "admin", "41"))
    assert runs.upload(world.deps, city, "network", TREE.encode(), "tree.csv").state == "ready"


def test_a_large_file_is_read_by_the_job_with_progress(api: Api, world: World) -> None:
    rows = "".join(f"BOX-{n},P000033,1,2026-09-09 10:00,,某某某某某某某某某某某某\n" for n in range(3_000))
    response = send(api, "donations?preview=1", HEAD + rows)
    assert (response.status_code, response.get_json()["state"]) == (202, "checking")
    run_id = response.get_json()["id"]
    assert work_off(world.deps) == 1
    preview = api.manage(f"/imports/{run_id}", method="GET", status=200)
    assert (preview["state"], preview["new"]) == ("ready", 3_000)
    assert (preview["step"], preview["lines_done"], preview["lines_total"]) == ("read", 3_000, 3_000)
    api.manage(f"/imports/{run_id}/confirm", {"token": preview["token"]}, status=202)
    assert work_off(world.deps) == 1
    assert api.manage(f"/imports/{run_id}", method="GET", status=200)["added"] == 3_000


def test_a_file_that_is_too_large_or_missing(api: Api, world: World) -> None:
    too_large = b"x" * (runs.MOST_BYTES + 1)
    refused = problem(send(api, "donations?preview=1", too_large), 413, "file_too_large")
    assert refused["most_bytes"] == runs.MOST_BYTES
    problem(send(api, "donations?preview=1", b"x" * (runs.MOST_BYTES + (1 << 20))), 413, "body_too_large")
    problem(send(api, "donations?preview=1", b""), 422, "file_missing")
    problem(send(api, "cats?preview=1", b"x"), 404, "import_kind_unknown")
    problem(send(api, "statement?preview=1&partner=nobody", b"x"), 404, "partner_unknown")
    problem(send(api, "statement?preview=1&partner=stripe", b"x"), 422, "statement_by_api")


def test_the_file_is_sealed_and_does_not_stay(api: Api, world: World, clock: FixedClock) -> None:
    preview = shown(api, "donations?preview=1", sample("offline-same-phone-three-ways.csv"))
    sealed = world.do(lambda tx: tx.get(ImportFile, preview["id"])).sealed
    assert b"13800138000" not in sealed and b"BOX" not in sealed
    clock.at += KEPT_FOR + timedelta(seconds=1)
    assert work_off(world.deps) == 0
    assert api.manage(f"/imports/{preview['id']}", method="GET", status=200)["state"] == "expired"
    assert files(world) == 0
    dropped = shown(api, "projects?preview=1", NEW_PROJECT)
    api.manage(f"/imports/{dropped['id']}/drop", {}, status=200)
    assert files(world) == 0
    problem(api.post(f"/imports/{dropped['id']}/drop", {}, api.token()), 409, "import_state")


def test_the_contents_of_a_file_are_in_no_report_of_success(api: Api, world: World) -> None:
    preview = shown(api, "donations?preview=1", sample("offline-same-phone-three-ways.csv"))
    assert "138" not in str(preview["sums"]) + str(preview["questions"]) + str(preview["warnings"])
