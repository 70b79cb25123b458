"""Names of actors and sources, as pages show them."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from flask_babel import gettext as _

from app.i18n.giving_labels import ACTORS
from app.i18n.labels import STEPS
from app.i18n.locale import counted

_TOKEN, _PARTNER = "token:", "partner:"


def actor_name(actor: str) -> str:
    """Return the name of an actor: a manager's login, the label of a system actor, or the label of a program's
    token."""
    if actor.startswith(_TOKEN):
        return _("接口 %(label)s", label=actor.removeprefix(_TOKEN))
    return str(ACTORS.get(actor, actor))


def source_name(source: str, titles: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the source of money or a message: the payment provider, the bank, offline, or a partner by its title,
    or by its name if it is not in `titles`."""
    partner = source.removeprefix(_PARTNER)
    if partner == "offline":
        return _("线下")
    if source.startswith(_PARTNER):
        return _("合作平台 %(name)s", name=titles.get(partner, partner))
    if source == "bank":
        return _("银行")
    return _("在线支付（Stripe）") if source == "stripe" else source


def step_name(cause: str, channel: str) -> str:
    """Return why a donation changed its status. Gifts in cash or by transfer were entered from a file."""
    if cause == "partner" and channel == "offline":
        return _("线下登记")
    return str(STEPS.get(cause, cause))


def waited(since: datetime, now: datetime) -> str:
    """Return how long something has waited, in one unit."""
    hours = int((now - since).total_seconds()) // 3600
    if hours >= 48:
        return counted("%(count)s 天", hours // 24)
    return counted("%(count)s 小时", hours) if hours else _("不到 1 小时")
