"""The content of the demo's project pages: drawn pictures, and news of the past weeks."""

from collections.abc import Sequence
from datetime import date, timedelta

from app.demo.gifts import Village
from app.demo.scenes import SCENES
from app.demo.story import STORIES
from campaigns.dependencies import Dependencies
from campaigns.projects.news import NewsText, add_news, illustrate
from campaigns.projects.picture_file import rewrite
from campaigns.projects.pictures import PictureText, add_picture

WITH_COVER = 3  # every n-th round of themes gets a cover picture; the others show the paper-cut of their theme
_COVERS = {
    "meals": "老年食堂门前的长桌",
    "children": "村里的老村小",
    "lights": "装好灯的村口路",
    "water": "村口的水龙头",
}


def tell(deps: Dependencies, villages: Sequence[Village], today: date, actor: str) -> None:
    """Add pictures and news to the villages' projects."""
    stories = {story.theme: story for story in STORIES}
    places = {theme: rewrite(place()) for theme, (place, _work) in SCENES.items()}
    works = {theme: rewrite(work()) for theme, (_place, work) in SCENES.items()}
    for number, village in enumerate(villages):
        if number // len(STORIES) % WITH_COVER == 0:
            text = PictureText(_COVERS[village.theme], focus_y=6)
            add_picture(deps, village.id, text, places[village.theme], actor)
        newest = None
        with deps.db.transaction() as tx:
            for days, title, body in reversed(stories[village.theme].news):
                news = NewsText(today - timedelta(days=days + number % 3), title, body)
                newest = add_news(tx, village.id, news, actor)
        if newest is not None and newest.id is not None:
            text = PictureText(newest.title, taken_on=newest.happened_on)
            illustrate(deps, village.id, newest.id, text, works[village.theme], actor)
