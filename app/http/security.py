"""Security headers: what a browser may do with our pages."""

from flask import Flask, Response

from app.current import settings

# 'self' only: no inline script, no third party. A cashier's page is reached by a form's redirect, which
# browsers count as form-action, so forms may go on to any https page and, in the demo, to the sandbox.
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'; form-action 'self' https:"
)


def attach(app: Flask) -> None:
    """Set the headers on every response; one that a view set itself stays."""
    config = settings(app)
    policy = f"{_POLICY} {config.stripe_api_base}" if config.sandbox and config.stripe_api_base else _POLICY
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        # A donor's page has the token in its address: no other site may learn it.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }
    # What a visitor gets is theirs; what is the same for all says so itself (app/shared_pages, static files).
    headers["Cache-Control"] = "no-store"
    if config.public_url.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000"

    pairs = tuple(headers.items())

    @app.after_request
    def protect(response: Response) -> Response:
        present = {name.lower() for name, _ in response.headers}
        response.headers.extend(pair for pair in pairs if pair[0].lower() not in present)
        return response
