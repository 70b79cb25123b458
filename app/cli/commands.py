"""Registration of all commands."""

from flask import Flask

from app.cli import (
    access,
    accounts,
    approvals,
    audit,
    books,
    campaigns,
    doctor,
    donors,
    funds,
    imports,
    inbox,
    jobs,
    keys,
    payments_desk,
    people,
    pots,
    reduced,
    refund_requests,
    replay,
    samples,
    screening,
)


def attach(app: Flask) -> None:
    """Add the commands to the application's command line."""
    for module in (
        access,
        accounts,
        approvals,
        audit,
        books,
        campaigns,
        doctor,
        donors,
        funds,
        imports,
        inbox,
        jobs,
        keys,
        payments_desk,
        people,
        pots,
        reduced,
        refund_requests,
        replay,
        samples,
        screening,
    ):
        for command in module.COMMANDS:
            app.cli.add_command(command)
