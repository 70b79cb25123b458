"""Accounts of the manager's branch: search, show with sessions, and change."""

from collections.abc import Callable
from typing import Any

from flask import g, make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import disable, reset_second_factor, set_rights, target
from app.accounts import link_to_password as new_password_link
from app.console import choices
from app.console.blueprint import act, blueprint, make_once, said_of
from app.console.effects import Change, Typed, effect_page
from app.console.forms import ConsoleForm
from app.current import deps
from app.http import access, scope
from app.http.addresses import join_url
from app.http.scope import Where
from app.i18n.audit.audit_texts import act_text, changes
from app.web.blueprint import requested_page
from campaigns.audit import changed_meanwhile
from campaigns.audit_trail import AuditQuery
from campaigns.audit_trail import search as find_entries
from campaigns.network import account_search, accounts, links, sessions
from campaigns.network.account_search import AccountQuery, AccountState
from campaigns.network.people import find_manager
from campaigns.network.roles import Caller, Permission, Role, permissions_of
from campaigns.reasons import require_reason
from campaigns.subject_names import named_details
from kernel.db import Tx

PAGE_SIZE = 50
ENTRIES = 8  # audit entries shown beside an account
_PEOPLE = Permission.PEOPLE_WRITE


@blueprint.get("/people", endpoint="people")
@access.signed_in(_PEOPLE, where=Where.LISTED)
def list_people() -> str:
    """List the matching accounts of the manager's branch."""
    page, form = requested_page(PAGE_SIZE), ConsoleForm(request.args)
    query = AccountQuery(form["q"], form["role"], form["state"], scope.branch())
    with deps().db.transaction() as tx:
        rows, total = account_search.search(tx, query, page)
        waiting = links.count_invitations(tx, scope.branch())
    filters = {name: form[name] for name in ("q", "role", "state") if form[name]}
    return render_template(
        "console/people.html",
        rows=rows,
        total=total,
        page=page,
        filters=filters,
        states=list(AccountState),
        waiting=waiting,
    )


@blueprint.get("/people/<int:user_id>", endpoint="person")
@access.signed_in(_PEOPLE)
def show(user_id: int) -> str:
    """Show an account: its rights, its sessions and its audit entries."""
    return _page(user_id, ConsoleForm(request.args))


@blueprint.post("/people/<int:user_id>/rights", endpoint="person_rights")
@access.signed_in_to_act(_PEOPLE)
def change_rights(user_id: int) -> Response | tuple[str, int]:
    """Change the name, role or branch of an account. The search for a node only renders the form again."""
    form = ConsoleForm(request.form)
    if form.verb != "save":
        return _page(user_id, form), 200

    def do(tx: Tx, _caller: Caller) -> str | None:
        manager = target(tx, user_id)
        if form["seen"] != _rights_seen(manager):
            raise changed_meanwhile(tx, f"manager:{user_id}")
        accounts.rename(tx, manager.login, form["name"], access.actor())
        role, branch = form["role"], form["branch"] or None
        if (role, branch) == (manager.role, manager.branch_code):
            return None
        return said_of(set_rights(tx, user_id, role, branch))

    return act(_PEOPLE, url_for("console.person", user_id=user_id), do, _("已保存，下一次请求起生效。"))


@blueprint.route("/people/<int:user_id>/disable", methods=["GET", "POST"], endpoint="person_disable")
@access.signed_in(_PEOPLE)
def disable_account(user_id: int) -> str | Response:
    """Disable an account, with a reason."""

    def make(tx: Tx, typed: Typed) -> list[str]:
        require_reason(typed.reason)
        ended = disable(tx, user_id, typed.reason)
        figures = {"sessions": ended.sessions, "tokens": ended.tokens, "links": ended.links}
        return [
            _(
                "马上不能再登录：%(sessions)s 处登录、%(tokens)s 个令牌、%(links)s 个没用的链接现在结束。",
                **figures,
            ),
            _("这个账号做过的事和记录都留着；在处理的事仍写着这个名字，同事可以接。"),
            _("随时可以再启用，结束的登录、令牌和链接不会恢复。"),
        ]

    title, back = _("停用账号"), url_for("console.person", user_id=user_id)
    done = _("账号已停用，登录、令牌和链接都已结束。")
    return effect_page(Change(_PEOPLE, title, find_login(user_id), back, make, title, done))


_VERBS: dict[str, Callable[[Tx, int], Any]] = {
    "enable": lambda tx, user_id: accounts.enable(tx, target(tx, user_id).login, access.actor()),
    "end_sessions": lambda tx, user_id: accounts.end_all_sessions(tx, target(tx, user_id).login, access.actor()),
    "reset_factor": reset_second_factor,
}


@blueprint.post(f"/people/<int:user_id>/<any({', '.join(_VERBS)}):verb>", endpoint="person_act")
@access.signed_in_to_act(_PEOPLE)
def apply_verb(user_id: int, verb: str) -> Response:
    """Enable an account, end its sessions, or reset its second factor."""
    done = {
        "enable": _("账号已启用。"),
        "end_sessions": _("全部登录已结束。"),
        "reset_factor": _("两步验证已取消，登录已结束；本人下次登录时重新设置。"),
    }
    back = url_for("console.person", user_id=user_id)
    return act(_PEOPLE, back, lambda tx, _caller: said_of(_VERBS[verb](tx, user_id)), done[verb])


@blueprint.post("/people/<int:user_id>/sessions/<int:session_id>/end", endpoint="person_session_end")
@access.signed_in_to_act(_PEOPLE)
def end_session(user_id: int, session_id: int) -> Response:
    """End one session of an account."""

    def do(tx: Tx, _caller: Caller) -> None:
        target(tx, user_id)
        sessions.end_session_of_manager(tx, user_id, session_id, access.actor())

    return act(_PEOPLE, url_for("console.person", user_id=user_id), do, _("这处登录已结束。"))


@blueprint.post("/people/<int:user_id>/password-link", endpoint="person_link")
@access.signed_in(_PEOPLE)
def link_to_password(user_id: int) -> Response:
    """Create a link with which the owner of the account chooses a new password, and show it once."""

    def make() -> Response:
        with deps().db.transaction() as tx:
            link = new_password_link(tx, user_id)
        return make_response(show_links([(find_login(user_id), join_url(link.token), link.expires_at)]))

    return make_once(make)


def find_login(user_id: int) -> str:
    """Return the login of an account."""
    with deps().db.transaction() as tx:
        return find_manager(tx, user_id).login


def show_links(rows: list[tuple[str, str, Any]]) -> str:
    """Show account links once: the person, the address and the expiry of each."""
    return render_template("console/links.html", rows=rows)


def roles_to_give(caller: Caller) -> list[str]:
    """Return the roles with no permission that the caller lacks."""
    return [role for role in Role if permissions_of(role) <= caller.permissions]


def _rights_seen(manager: Any) -> str:
    return f"{manager.role}/{manager.branch_code or ''}/{manager.name}"


def _page(user_id: int, form: ConsoleForm) -> str:
    with deps().db.transaction() as tx:
        manager = find_manager(tx, user_id)
        chosen = {form["branch"] or manager.branch_code or ""} - {""}
        places = choices.places(tx, chosen, form["place_q"], scope.branch())
        opened = sessions.list_sessions(tx, user_id)
        done = find_entries(tx, AuditQuery(subject=f"manager:{user_id}"), ENTRIES).entries
        details = named_details(tx, [entry.detail for entry in done])
    return render_template(
        "console/person.html",
        person=manager,
        state=account_search.state_of(manager),
        form=form,
        places=places,
        roles=roles_to_give(g.caller),
        sessions=opened,
        entries=[(entry, changes(detail)) for entry, detail in zip(done, details, strict=True)],
        seen=_rights_seen(manager),
        act_text=act_text,
    )
