"""All endpoints of the JSON API and their description."""

from typing import Any

from flask import Flask

from app.api import (
    accounting,
    agreements,
    approvals,
    audit,
    awards,
    blacklist,
    campaign_copies,
    campaigns,
    cancellation,
    closing,
    docs,
    donation_search,
    donations,
    donors,
    draws,
    duties,
    exports,
    file_orders,
    funds,
    goals,
    goods,
    imports,
    inbox,
    listings,
    monthly,
    notices,
    objections,
    organisations,
    partner_bills,
    partner_intake,
    partner_mappings,
    partner_subscriptions,
    partner_sums,
    partners,
    payment_exceptions,
    payouts,
    pots,
    project_corrections,
    project_news,
    project_pictures,
    projects,
    questions,
    receipts,
    refund_requests,
    related_parties,
    running,
    samples,
    saved_views,
    screening,
    screening_settings,
    self_checks,
    simulations,
    sources,
    spending,
    stations,
    surplus,
    teams,
    three_sides,
    tokens,
    training,
    users,
    watch,
    words,
)
from app.api.base import Api, IdConverter

RESOURCES = (
    donations,
    donation_search,
    saved_views,
    project_corrections,
    donors,
    campaigns,
    listings,
    campaign_copies,
    simulations,
    projects,
    related_parties,
    project_pictures,
    project_news,
    blacklist,
    funds,
    goals,
    accounting,
    duties,
    monthly,
    pots,
    draws,
    exports,
    file_orders,
    closing,
    notices,
    samples,
    self_checks,
    objections,
    three_sides,
    payouts,
    spending,
    stations,
    goods,
    surplus,
    agreements,
    cancellation,
    running,
    screening,
    screening_settings,
    watch,
    partners,
    partner_bills,
    partner_mappings,
    partner_subscriptions,
    partner_sums,
    sources,
    organisations,
    users,
    tokens,
    training,
    inbox,
    payment_exceptions,
    imports,
    refund_requests,
    questions,
    words,
    teams,
    receipts,
    approvals,
    audit,
    awards,
)
ABOUT = """Amounts are whole numbers of fen in fields that end in `_minor`, with one `currency` beside them; times
are ISO 8601 with offset; lists are paged with `page` and `page_size` (`X-Pagination` in the answer); errors are
`application/problem+json` (RFC 9457) with a stable `code`."""


def attach(app: Flask) -> None:
    """Register all endpoints and their description."""
    app.config.update(
        API_TITLE="Beishan 倍善",
        API_VERSION="v1",
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
    )
    app.url_map.converters["id"] = IdConverter
    api = Api(app, _begin, spec_kwargs={"info": {"description": ABOUT}})
    for resource in RESOURCES:
        api.register_blueprint(resource.blueprint)
    app.extensions["api"] = api
    docs.attach(app)


def _begin(api: Api) -> None:
    api.register_converter(IdConverter, _id_schema)
    api.spec.components.security_scheme("donation", _bearer("the `token` of the donation"))
    api.spec.components.security_scheme("manager", _bearer("from `tokens create --role ROLE`"))
    partner_intake.describe(api.spec)


def _id_schema(_converter: Any) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1}


def _bearer(description: str) -> dict[str, str]:
    return {"type": "http", "scheme": "bearer", "description": description}
