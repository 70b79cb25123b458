"""The origin of a request: the audit trail stores its network, the log its address."""

from flask import Flask, request

from campaigns import audit


def attach(app: Flask) -> None:
    """Give the audit trail the address of each request."""

    @app.before_request
    def note() -> None:
        audit.origin.set(request.remote_addr or "")

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        audit.origin.set("")
