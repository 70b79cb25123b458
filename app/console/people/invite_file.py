"""Invite many people with a table: preview it with its faults, confirm, and download the links once."""

from collections.abc import Mapping

from flask import Response as FlaskResponse
from flask import g, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import accounts
from app.console.blueprint import blueprint, make_once, refusal_sentence
from app.console.forms import ConsoleForm
from app.console.people.people import roles_to_give
from app.csv_file import csv_response
from app.current import deps
from app.http import access, scope
from app.http.addresses import join_url
from app.http.off_loop import off_loop
from app.http.scope import Where
from app.http.security_events import notice_refusal, notice_rights
from app.http.uploads import uploaded_file
from app.i18n.import_texts import line_place
from app.i18n.labels import ROLES, word
from app.i18n.locale import language, when
from app.i18n.refusals.faults import fault_text
from campaigns.network.invite_file import GuestList, read_guests
from campaigns.network.links import Invited
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.decode import decode
from kernel.errors import Invalid, Refusal

_MOST_TEXT = 200_000  # characters, enough for some 3,000 people
_SHOWN = 20  # rows and faults in a preview
_COLUMNS = {"name": "姓名", "role": "角色", "branch": "机构代码"}
Answer = str | Response | tuple[str, int]


@blueprint.route("/people/invite-file", methods=["GET", "POST"], endpoint="invite_file")
@access.signed_in(Permission.PEOPLE_WRITE, where=Where.NAMED)
def invite_file() -> Answer:
    """Show the form for a table and its preview; after confirmation return the links."""
    form = ConsoleForm(request.form)
    if request.method == "GET":
        return _page(form, "")
    try:
        text = _text(form)
        if form.verb == "save":
            return make_once(lambda: _make(text))
        with deps().db.transaction() as tx:
            understood = _read(tx, text)
        return _page(form, text, understood), 422 if understood.faults else 200
    except Refusal as refusal:
        notice_refusal(refusal)
        return _page(form, request.form.get("text", ""), refused=refusal_sentence(refusal)), 422


def _text(form: ConsoleForm) -> str:
    """Return the text of the uploaded file, or else of the field, in which a preview can be corrected."""
    file = uploaded_file(request).data if request.files else b""
    if file and form.verb != "save":
        text = off_loop(decode, file)[0]
        if len(text) > _MOST_TEXT:  # the preview's field could not send more back
            raise Invalid("file_too_large", most_bytes=_MOST_TEXT)
        return text
    return request.form.get("text", "").strip()


def _read(tx: Tx, text: str) -> GuestList:
    understood = read_guests(tx, text, _roles(), scope.branch())
    if understood.foreign:
        notice_rights()
    return understood


def _roles() -> Mapping[str, str]:
    """Return the roles that the manager may grant, by code and by label."""
    allowed = roles_to_give(g.caller)
    return {role: role for role in allowed} | {word(ROLES, role): role for role in allowed}


def _make(text: str) -> FlaskResponse:
    """Create an invitation for each row, all or none. Raises Invalid `import_invalid` with every fault."""
    with deps().db.transaction() as tx:
        understood = _read(tx, text)
        if understood.faults:
            raise Invalid("import_invalid", fields=understood.faults)
        invited = [Invited(guest.role, guest.branch_code, guest.name) for guest in understood.guests]
        rows = [
            (guest.name, word(ROLES, guest.role), guest.branch_name, join_url(link.token), when(link.expires_at))
            for guest, link in zip(understood.guests, accounts.invite_all(tx, invited), strict=True)
        ]
    header = (_("姓名"), _("角色"), _("范围"), _("账号链接"), _("到期"))
    return csv_response("invitations", [str(title) for title in header], rows)


def _page(form: ConsoleForm, text: str, understood: GuestList | None = None, refused: str = "") -> str:
    faults = list(understood.faults.items()) if understood else []
    titles = {} if language() == "en" else _COLUMNS
    return render_template(
        "console/invite_file.html",
        form=form,
        text=text,
        guests=understood.guests[:_SHOWN] if understood else [],
        total=len(understood.guests) if understood else 0,
        faults=[(line_place(place, titles), fault_text(fault)) for place, fault in faults[:_SHOWN]],
        fault_count=len(faults),
        unread=understood.unread if understood else (),
        repeated=understood.repeated if understood else 0,
        roles=roles_to_give(g.caller),
        refused=refused,
    )
