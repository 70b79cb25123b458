"""How a platform's own notification format is read: its mapping and its verification keys."""

import json
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import partners as duties
from app.console.blueprint import act, blueprint, said_of
from app.console.forms import ConsoleForm
from app.console.written import require_seen_at, seen_at
from app.current import deps
from app.http import access
from app.http.scope import Where
from app.i18n.partner_texts import MAPPING_PRESETS
from campaigns.intake import mapped
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Invalid, Refusal, fault
from kernel.strict_json import load_json
from payments.mappings import partner_mappings
from payments.mappings.document import MOST_BYTES, PRESETS, preset, read_mapping
from payments.mappings.mapping_models import PartnerMapping
from payments.mappings.partner_mappings import MOST_KEY, MOST_KEYS, MOST_WORD, NewMapping
from payments.models import Partner
from payments.partners import partners

_PARTNERS = Permission.PARTNERS_WRITE
Answer = str | Response | tuple[str, int]


@blueprint.get("/partners/<name>/mapping", endpoint="partner_mapping")
@access.signed_in(_PARTNERS, where=Where.FEDERATION)
def show_mapping(name: str) -> str:
    """Show the mapping of a platform and the forms to change it. `preset` fills in the form."""
    with deps().db.transaction() as tx:
        partner = partners.known(tx, name)
        row = tx.get(PartnerMapping, name)
    chosen = request.args.get("preset", "")
    document = preset(chosen) if chosen in PRESETS else _pretty(row.document) if row else ""
    read = json.loads(document) if document else {}
    parameters = dict.fromkeys([*read.get("parameters", []), *read.get("optional_parameters", [])], "")
    parameters |= {key: text for key, text in (row.parameters if row else {}).items() if key in parameters}
    return _page(partner, row, ConsoleForm({"parameters": _lines(parameters)}), document)


def _page(partner: Partner, row: PartnerMapping | None, form: ConsoleForm, document: str) -> str:
    return render_template(
        "console/partner_mapping.html",
        partner=partner,
        mapping=row,
        key_ids=partner_mappings.key_ids(deps().keys, row) if row else [],
        room=row is not None and len(partner_mappings.key_ids(deps().keys, row)) < MOST_KEYS,
        presets={name: MAPPING_PRESETS[name] for name in PRESETS},
        address=url_for("partner_notify.receive", name=partner.name, _external=True),
        most={"document": MOST_BYTES, "key": MOST_KEY, "word": MOST_WORD},
        form=form,
        seen=form["seen"]
        if "seen" in form.data and not form.overtaken
        else seen_at(row.changed_at if row else None),
        document=document,
    )


@blueprint.post("/partners/<name>/mapping", endpoint="partner_mapping_set")
@access.signed_in_to_act(_PARTNERS, where=Where.FEDERATION)
def set_mapping(name: str) -> Answer:
    """Set the mapping of a platform. After a refusal the typed values stay."""
    form, document = ConsoleForm(request.form), request.form.get("document", "")
    try:
        new = NewMapping(_document(document), _parameters(form["parameters"]), form["decrypt_key"].strip())
        with deps().db.transaction() as tx:
            partner, row = partners.known(tx, name), tx.get(PartnerMapping, name)
            _require_seen(tx, name, form)
            tx.rehearse(lambda: mapped.set_mapping(tx, deps().keys, name, new, access.actor()))
    except Refusal as refusal:
        form.add_refusal(refusal)
        with deps().db.transaction() as tx:
            partner, row = partners.known(tx, name), tx.get(PartnerMapping, name)
        return _page(partner, row, form, document), 422

    def do(tx: Tx, _caller: Caller) -> str | None:
        _require_seen(tx, name, form)
        return said_of(duties.set_mapping(tx, name, new))

    return act(_PARTNERS, url_for("console.partner_mapping", name=name), do, _("通知格式已保存。"))


@blueprint.post("/partners/<name>/mapping/keys", endpoint="partner_mapping_key")
@access.signed_in_to_act(_PARTNERS, where=Where.FEDERATION)
def change_key(name: str) -> Response:
    """Add or end a key that verifies the platform's notifications."""
    form = ConsoleForm(request.form)

    def do(tx: Tx, caller: Caller) -> str:
        if form.verb == "end":
            mapped.end_key(tx, deps().keys, name, form["key_id"], caller.name)
            return str(_("密钥已停用。"))
        outcome = duties.add_key(tx, name, form["key_id"], request.form.get("key", "").strip())
        return said_of(outcome) or str(_("密钥已保存，不再显示。"))

    return act(_PARTNERS, url_for("console.partner_mapping", name=name), do)


def _require_seen(tx: Tx, name: str, form: ConsoleForm) -> None:
    row = tx.get(PartnerMapping, partners.known(tx, name, lock=True).name, lock=True)
    changed_at = row.changed_at if row else None
    require_seen_at(tx, f"partner:{name}", form, changed_at, action="partner.mapping")


def _document(text: str) -> Any:
    try:
        return load_json(text.encode("utf-8", "replace"))
    except Invalid as error:
        raise Invalid("mapping_invalid", fields={"document": fault("not_json")}) from error


def _parameters(text: str) -> dict[str, str]:
    pairs = [line.partition("=") for line in text.splitlines() if line.strip()]
    return {name.strip(): value.strip() for name, _sign, value in pairs}


def _lines(parameters: dict[str, str]) -> str:
    return "\n".join(f"{name}={text}" for name, text in parameters.items())


def _pretty(document: dict[str, Any]) -> str:
    """Return a document as JSON with its fields in documented order."""
    ordered = read_mapping(document).model_dump(mode="json", exclude_unset=True)
    return json.dumps(ordered, ensure_ascii=False, indent=2)
