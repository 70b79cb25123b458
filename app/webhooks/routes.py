"""All webhooks."""

from flask import Flask

from app.webhooks import partners, stripe


def attach(app: Flask) -> None:
    app.register_blueprint(stripe.blueprint)
    app.register_blueprint(partners.blueprint)
