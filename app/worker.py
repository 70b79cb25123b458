"""The warm-up of a web worker before its first request. All requests of an event loop share one thread, so that
without it all would wait while the first one is served."""

import gc

from flask import Flask
from sqlalchemy.orm import configure_mappers

from app.api import docs
from app.http.off_loop import on_event_loop
from app.http.unread import refuse_by_problems
from app.i18n.refusals.problems import problem_text

_SIGN_IN = ("base.html", "console/base.html", "console/sign_in.html")  # served to strangers, and not a shared page


def begin(app: Flask) -> None:
    """Configure the mappers of the tables (a tenth of a second), describe the API (a third), compile the sign-in
    templates, and load the English texts. Without an event loop, each happens on first use.

    All objects are then excluded from garbage collection, whose rounds over half a million objects would stop every
    request for a tenth of a second.
    """
    if not on_event_loop():
        return
    refuse_by_problems(app)
    configure_mappers()
    with app.test_request_context():
        docs.make(app)
        for name in _SIGN_IN:
            app.jinja_env.get_template(name)
        problem_text("rate_limited", "en")
    gc.collect()
    gc.freeze()
