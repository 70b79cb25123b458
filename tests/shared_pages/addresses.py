"""Addresses of shared pages."""

import re

from flask import Flask

from app.shared_pages.declare import shared_of
from campaigns.closing.report import write_report
from campaigns.lifecycle.campaign import lock_campaign
from tests.world import World


def publish(world: World) -> None:
    """Publish the result of the campaign as it stands, so that its notice has a page."""
    world.do(lambda tx: write_report(tx, lock_campaign(tx, world.slug)))


def shared_addresses(app: Flask, world: World) -> list[str]:
    """One address of every shared view, and of each way a view reads other tables. The result is published."""
    values = {"slug": world.slug, "project_id": world.projects[0], "team_id": 1, "version": 1}
    values |= {"kind": "link", "language": "zh", "form": "png"}
    rules = [rule for rule in app.url_map.iter_rules() if shared_of(app.view_functions[rule.endpoint])]
    plain = [re.sub(r"<(?:[\w(),]+:)?(\w+)>", lambda match: str(values[match[1]]), rule.rule) for rule in rules]
    return [*plain, *(f"/c/{world.slug}/standings?by={by}" for by in ("village", "team")), "/report?campaign=day"]
