"""Pictures and news of projects: kept with consent, shown with the project, gone with their files."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaigns.disclosure.pictures import covers, is_public, news_of, pictures_of
from campaigns.projects import news, pictures
from campaigns.projects.news import NewsText
from campaigns.projects.picture_file import WIDTHS, Rewritten, rewrite
from campaigns.projects.pictures import MOST_PICTURES, PictureText, file_name
from campaigns.projects.stray_pictures import remove_stray_files
from campaigns.spending.vouchers import named_photos
from kernel.errors import Conflict, Invalid, NotFound, Refusal
from kernel.files import FolderStore
from tests.projects.photos import photo
from tests.world import ACTOR, World

TEXT = PictureText("灶台砌好了")
DAY = date(2026, 9, 1)


@pytest.fixture(scope="module")
def kitchen() -> Rewritten:
    return rewrite(photo((400, 320)))


@pytest.fixture
def album(world: World, tmp_path: Path) -> World:
    """The small giving day, with a folder of its own for files."""
    return replace(world, deps=replace(world.deps, pictures=FolderStore(tmp_path)))


def files(world: World) -> list[str]:
    return sorted(file.name for file in world.deps.pictures.stored())


def add(world: World, picture: Rewritten, text: PictureText = TEXT, project: int = 0) -> int:
    return pictures.add_picture(world.deps, world.projects[project], text, picture, ACTOR)


def others(count: int) -> Iterator[Rewritten]:
    """As many different pictures."""
    return (Rewritten(400, 320, dict.fromkeys(WIDTHS, b"%d" % number)) for number in range(count))


def refusal_of(act: Any, *args: Any, **named: Any) -> Refusal:
    with pytest.raises(Refusal) as refused:
        act(*args, **named)
    return refused.value


def test_a_picture_is_the_cover_of_its_project_and_the_same_again_is_not_kept_twice(
    album: World, kitchen: Rewritten
) -> None:
    first, second = add(album, kitchen), add(album, kitchen)
    assert first == second
    shown = album.do(pictures_of, album.projects[0])
    assert [(picture.caption, picture.width, picture.position) for picture in shown] == [("灶台砌好了", 400, 1)]
    assert album.do(covers, album.projects)[album.projects[0]].id == first
    assert {file_name(shown[0].file_key, width) for width in WIDTHS} <= set(files(album))


def test_faces_and_children_need_consent(album: World, kitchen: Rewritten) -> None:
    for people in ("adults", "children"):
        refused = refusal_of(add, album, kitchen, TEXT._replace(people=people))
        assert refused.fields["consented"].code == "consent_required"
    nonsense = PictureText("\x00", "x" * 41, DAY + timedelta(days=99), "cats", focus_x=11)
    refused = refusal_of(add, album, kitchen, nonsense)
    assert set(refused.fields) == {"caption", "place", "taken_on", "people", "focus_x"}
    assert album.do(pictures_of, album.projects[0]) == []
    picture = add(album, kitchen, TEXT._replace(people="children", consented=True))
    recorded = "SELECT consented_at IS NOT NULL FROM project_picture WHERE id = :id"
    assert album.do(lambda tx: tx.scalar(recorded, id=picture))


def test_a_project_has_room_for_so_many(album: World, kitchen: Rewritten) -> None:
    for picture in others(MOST_PICTURES):
        add(album, picture)
    refused = refusal_of(add, album, kitchen)
    assert isinstance(refused, Conflict) and refused.code == "pictures_full"
    assert refused.params == {"most": MOST_PICTURES}


def test_pictures_are_put_in_order(album: World) -> None:
    first, second, third = (add(album, picture) for picture in others(3))
    project = album.projects[0]
    album.do(pictures.change_picture, project, third, {"position": 1, "caption": "新封面", "focus_y": 2}, ACTOR)
    shown = album.do(pictures_of, project)
    assert [picture.id for picture in shown] == [third, first, second]
    assert (shown[0].caption, shown[0].focus_y) == ("新封面", 2)
    refusal = refusal_of(album.do, pictures.change_picture, project, third, {"focus_x": 11, "caption": ""}, ACTOR)
    assert set(refusal.fields) == {"focus_x", "caption"}
    foreign = refusal_of(album.do, pictures.change_picture, album.projects[1], third, {"position": 1}, ACTOR)
    assert isinstance(foreign, NotFound) and foreign.code == "picture_unknown"


def test_a_withdrawn_consent_takes_the_picture_and_its_files_at_once(album: World, kitchen: Rewritten) -> None:
    project = album.projects[0]
    picture = add(album, kitchen, TEXT._replace(people="adults", consented=True))
    key = album.do(pictures_of, project)[0].file_key
    assert album.do(is_public, key)
    assert refusal_of(album.do, pictures.remove_picture, album.deps, project, picture, "no", ACTOR).fields
    assert len(files(album)) == len(WIDTHS), "a refused removal takes nothing"
    album.do(pictures.remove_picture, album.deps, project, picture, "consent_withdrawn", ACTOR)
    assert files(album) == [] and not album.do(is_public, key)
    trail = album.do(lambda tx: tx.scalar("SELECT string_agg(detail::text, ' ') FROM audit_entry"))
    assert "灶台" not in trail and "consent_withdrawn" in trail


def test_a_picture_is_public_only_when_its_project_is(album: World, kitchen: Rewritten) -> None:
    add(album, kitchen)
    key = album.do(pictures_of, album.projects[0])[0].file_key
    assert album.do(is_public, key)
    album.do(lambda tx: tx.run("DELETE FROM campaign_entry"))
    assert not album.do(is_public, key)
    assert not album.do(is_public, "0" * 32)


def test_news_have_a_date_a_text_and_one_picture(album: World, kitchen: Rewritten) -> None:
    project = album.projects[0]
    old = album.do(news.add_news, project, NewsText(DAY - timedelta(days=9), "定了菜单"), ACTOR)
    new = album.do(news.add_news, project, NewsText(DAY, "灶台砌好了", "砖是自己拉的。\n省下三口锅。"), ACTOR)
    for picture in (kitchen, *others(1)):
        news.illustrate(album.deps, project, new.id or 0, TEXT, picture, ACTOR)
    shown = album.do(news_of, project)
    assert [item.title for item in shown] == ["灶台砌好了", "定了菜单"]
    assert shown[0].picture and len(files(album)) == len(WIDTHS), "the picture before is gone with its files"
    assert album.do(pictures_of, project) == [], "a picture of news is not one of the project"
    album.do(news.change_news, project, old.id, {"title": "定了菜单和厨师"}, ACTOR)
    refused = refusal_of(album.do, news.change_news, project, old.id, {"title": " ", "text": "x" * 1_001}, ACTOR)
    assert isinstance(refused, Invalid) and set(refused.fields) == {"title", "text"}
    tomorrow = NewsText(album.clock.at.date() + timedelta(days=2), "还没发生")
    early = refusal_of(album.do, news.add_news, project, tomorrow, ACTOR)
    assert early.fields["happened_on"].code == "in_the_future"


def test_hidden_news_are_gone_with_their_picture_and_can_come_back(album: World, kitchen: Rewritten) -> None:
    project = album.projects[0]
    item = album.do(news.add_news, project, NewsText(DAY, "灶台砌好了"), ACTOR).id
    news.illustrate(album.deps, project, item or 0, TEXT, kitchen, ACTOR)
    picture = album.do(news_of, project)[0].picture
    album.do(news.hide_news, project, item, "names somebody", "reviewer")
    assert album.do(news_of, project) == [] and not album.do(is_public, picture.file_key)
    assert [hidden.hidden for hidden in album.do(news_of, project, hidden=True)] == [True]
    album.do(news.show_news, project, item, "reviewer")
    assert album.do(is_public, picture.file_key) and len(album.do(news_of, project)) == 1


def test_files_that_no_row_names_are_removed_later(album: World, kitchen: Rewritten, tmp_path: Path) -> None:
    add(album, kitchen)
    kept = files(album)
    stray = pictures.store_files(album.deps, kitchen)
    (tmp_path / "half.new").write_bytes(b"half")
    album.clock.at += timedelta(days=4_000)  # files have real times
    assert remove_stray_files(album.deps, named_photos) == len(WIDTHS) + 1
    assert files(album) == kept and not any(name.startswith(stray) for name in kept)
