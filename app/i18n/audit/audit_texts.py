"""Audit entries in words: the act, its subject, and the values before and after."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.i18n import giving_labels, labels
from app.i18n.accounting_labels import DIFFERENCE_ACCOUNTS
from app.i18n.audit.audit_fields import FIELDS, PERMISSIONS, TABLES
from app.i18n.audit.audit_labels import ACTS, ASKED
from app.i18n.audit.audit_subjects import SUBJECTS
from app.i18n.desk_labels import AWARD_AMONG, AWARD_CRITERIA, AWARD_TIES, IMPORT_FORMATS, STATION_ITEMS
from app.i18n.labels import word
from app.i18n.locale import when
from app.i18n.names import actor_name, source_name
from app.i18n.partner_texts import ALARMS
from app.i18n.refusals.fields import LABELS, label
from campaigns.lifecycle.drafts import OF_PEOPLE
from kernel.money import yuan

LINK_KINDS = {"invitation": _l("邀请"), "password": _l("新密码")}
_SHORT = 8  # characters shown of a donation's id
_HASHED = {f"plan.{name}" for name in OF_PEOPLE}  # a hash says that they changed, and nothing to people
_WORDS = {
    "account": DIFFERENCE_ACCOUNTS,
    "act": ASKED,
    "alarm": ALARMS,
    "among": AWARD_AMONG,
    "consent": giving_labels.CONSENTS,
    "criterion": AWARD_CRITERIA,
    "decision": labels.CASE_STATES,
    "kind": {
        **labels.WATCHED,
        **labels.IMPORT_KINDS,
        **labels.FUND_KINDS,
        **giving_labels.AGREEMENT_KINDS,
        **giving_labels.SOURCE_KINDS,
        **LINK_KINDS,
    },
    "format": IMPORT_FORMATS,
    "item": STATION_ITEMS,
    "levels": labels.LEVELS,
    "role": labels.ROLES,
    "scopes": PERMISSIONS,
    "status": labels.PROJECT_STATUSES,
    "table": TABLES,
    "theme": giving_labels.THEMES,
    "tier": labels.TIERS,
    "tie": AWARD_TIES,
    "tiers": labels.TIERS,
}


class Change(NamedTuple):
    """One line of an audit entry. `before`: the previous value of a changed field; None for a stated one."""

    label: str
    before: str | None
    after: str


def act_text(action: str) -> str:
    """Return the label of an act."""
    return word(ACTS, action)


def subject_text(subject: str, name: str = "") -> str:
    """Return the label of an entry's subject: its kind, followed by its name or else its id."""
    kind, _colon, key = subject.partition(":")
    if key == "offline":
        return source_name(subject)  # our own source, written like a partner's
    shown = name or (key[:_SHORT] if kind == "donation" else key)
    return f"{word(SUBJECTS, kind)} {shown}".strip()


def changes(detail: Mapping[str, Any]) -> list[Change]:
    """Return the details of an entry: the changed fields first, then the rest."""
    return [*_changed(detail), *_stated(detail)]


def changes_text(detail: Mapping[str, Any]) -> str:
    """Return the details of an entry in one line, for exported tables."""
    parts = (
        _("%(field)s：%(after)s", field=line.label, after=line.after)
        if line.before is None
        else _("%(field)s：%(before)s → %(after)s", field=line.label, before=line.before, after=line.after)
        for line in changes(detail)
    )
    return str(_("；")).join(parts)


def _changed(detail: Mapping[str, Any]) -> Iterator[Change]:
    before, after = detail.get("before"), detail.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in after.items():
            yield Change(_field(name), _value(name, before.get(name)), _value(name, value))


def _stated(detail: Mapping[str, Any]) -> Iterator[Change]:
    for name, value in detail.items():
        if not isinstance(value, dict):
            if value not in (None, "", []):
                yield Change(_field(name), None, _value(name, value))
        elif name not in ("before", "after"):
            yield from (Change(_field(key), None, _value(key, part)) for key, part in value.items() if part)


def _field(name: str) -> str:
    return field_label(name) or name


def field_label(name: str) -> str:
    """Return the label of an entry's field; '' if it has none. Entries name the fields of pot rules without their
    group."""
    tables = ((FIELDS, name), (LABELS, f"caps.{name}"), (LABELS, f"scope.{name}"), (labels.THRESHOLDS, name))
    for table, key in tables:  # not with `or`, which translates a label to know whether it is empty
        if key in table:
            return str(table[key])
    return label(name)


def _value(name: str, value: Any) -> str:
    if value is None or value in ("", [], {}):
        return _("整个网络") if name in ("branch", "branch_code") and value is None else _("（空）")
    if name in _HASHED:
        return _("（有，不记内容）")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return str(_("、")).join(_value(name, part) for part in value)
    if isinstance(value, dict):
        parts = (
            _("%(field)s：%(after)s", field=_field(key), after=_value(key, part)) for key, part in value.items()
        )
        return str(_("，")).join(parts)
    if isinstance(value, int):
        return _number(name, value)
    if name in ("asked_by", "assignee", "entered_by"):
        return actor_name(value)
    return word(_WORDS.get(name, {}), _moment(value) or value)


def _number(name: str, value: int) -> str:
    if name.endswith("_minor"):
        return _("%(amount)s 元", amount=yuan(value))
    return f"{value / 100:g}%" if name.endswith("_bps") else str(value)


def _moment(text: str) -> str:
    """Return a time as pages show it; '' if the text is no time."""
    if len(text) < 19 or text[10:11] != "T":
        return ""
    try:
        moment = datetime.fromisoformat(text)
        return when(moment) if moment.tzinfo else ""
    except (ValueError, OverflowError):  # may be typed text, such as a time beyond the year 9999 in Shanghai
        return ""
