"""Letters to donors: declining them, and the demo's mailbox, which every visitor may open."""

from urllib.parse import urlsplit
from uuid import UUID

from flask import Response, abort, render_template
from werkzeug.wrappers import Response as AnyResponse

from app.current import deps, settings
from app.http import access, donor_cookie
from app.mail.transport import Folder, transport_of
from app.web.blueprint import blueprint
from campaigns.donations.letters.letters import decline_letters

_SHOWN = 50
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
# Letters have inline styles, as mail programs require; nothing else is allowed.
_LETTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups; frame-ancestors 'none'"


@blueprint.post("/d/<uuid:donation_id>/no-letters")
@access.donor_link
def no_letters(donation_id: UUID) -> AnyResponse:
    """Stop all letters about this donation."""
    with deps().db.transaction() as tx:
        decline_letters(tx, donation_id, "donor")
    return donor_cookie.to_page(donation_id, at="personal")


@blueprint.get("/demo/mailbox")
@access.public
def mailbox() -> str:
    """Show the letters that the demo would have sent, newest first."""
    return render_template("web/mailbox.html", letters=_folder().newest(_SHOWN))


@blueprint.get("/demo/mailbox/<key>")
@access.public
def mailbox_letter(key: str) -> Response:
    """Show a letter as a mail program would."""
    bodies = (letter.get_body(("html", "plain")) for known, letter in _folder().newest(_SHOWN) if known == key)
    body = next(bodies, None)
    if body is None:
        abort(404)
    kind = body.get_content_type()  # text messages have no HTML
    return Response(body.get_content(), mimetype=kind, headers={"Content-Security-Policy": _LETTER_POLICY})


def _folder() -> Folder:
    """Return the mailbox of a demo on this machine; 404 elsewhere, because it holds addresses and tokens."""
    transport = transport_of(deps().mail_url)
    host = urlsplit(settings().public_url).hostname
    if not (settings().sandbox and host in _THIS_MACHINE and isinstance(transport, Folder)):
        abort(404)
    return transport
