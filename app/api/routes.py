"""Registration of all endpoints of the JSON API, and their description."""

from typing import Any

from flask import Flask

from app.api import assignments, docs, training
from app.api.base import Api, IdConverter
from app.api.campaigns import (
    awards,
    campaign_copies,
    campaigns,
    cancellation,
    draws,
    goals,
    listings,
    pots,
    running,
    simulations,
    sources,
)
from app.api.closing import closing, inbox, notices, objections, payment_exceptions, samples, three_sides
from app.api.donations import (
    donation_search,
    donations,
    donors,
    project_corrections,
    questions,
    receipts,
    refund_requests,
    teams,
    words,
)
from app.api.files import exports, file_orders, imports, saved_views
from app.api.money import (
    accounting,
    agreements,
    duties,
    funds,
    goods,
    monthly,
    payees,
    payouts,
    related_parties,
    spending,
    surplus,
)
from app.api.partners import (
    partner_alarms,
    partner_bills,
    partner_intake,
    partner_mappings,
    partner_subscriptions,
    partner_sums,
    partners,
)
from app.api.people import approvals, audit, tokens, users
from app.api.projects import (
    blacklist,
    organisations,
    project_news,
    project_pictures,
    projects,
    self_checks,
    stations,
)
from app.api.screening import screening, screening_settings, watch

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
    payees,
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
    partner_alarms,
    partner_bills,
    partner_mappings,
    partner_subscriptions,
    partner_sums,
    sources,
    organisations,
    users,
    tokens,
    training,
    assignments,
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
`application/problem+json` (RFC 9457) with a stable `code`. So are those of a request that the web server cannot
read, because its address is too long (414), its headers are too large (431) or it is no HTTP (400). The server then
closes the connection."""


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
