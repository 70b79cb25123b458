"""What a web worker does before it answers anybody: else everybody waits while its first visitor is served,
as all requests of an event loop share one thread."""

import gc

from flask import Flask
from sqlalchemy.orm import configure_mappers

from app.api import docs
from app.http.off_loop import on_event_loop
from app.i18n.refusals.problems import problem_text

_SIGN_IN = ("base.html", "console/base.html", "console/sign_in.html")  # strangers get it, and it is no shared page


def begin(app: Flask) -> None:
    """Configure the tables' mappers (a tenth of a second), describe the API (a third), compile what guessers of
    passwords get, and read the English texts. Without an event loop each is done when it is first used.

    What is in memory then stays: it is left out of the collector's rounds, each of which would walk through half a
    million objects and hold up everybody for a tenth of a second."""
    if not on_event_loop():
        return
    configure_mappers()
    with app.test_request_context():
        docs.make(app)
        for name in _SIGN_IN:
            app.jinja_env.get_template(name)
        problem_text("rate_limited", "en")
    gc.collect()
    gc.freeze()
