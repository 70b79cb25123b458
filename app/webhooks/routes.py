"""All webhooks."""

from flask import Flask

from app.webhooks import door, door_changes, door_sums, notify, partners, stripe


def attach(app: Flask) -> None:
    app.register_blueprint(stripe.blueprint)
    app.register_blueprint(partners.blueprint)
    app.register_blueprint(door.blueprint)
    app.register_blueprint(door_changes.blueprint)
    app.register_blueprint(door_sums.blueprint)
    app.register_blueprint(notify.blueprint)
