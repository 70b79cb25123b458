"""The account and its webhook endpoint, as the API returns them; `/_sandbox/account` changes them."""

from sandbox.deliver import Deliverer
from sandbox.events import Events
from sandbox.objects import API_VERSION
from sandbox.store import ApiObject


class Account:
    """One account with one endpoint; in test mode unless changed."""

    def __init__(self, currency: str, events: Events, deliverer: Deliverer) -> None:
        self._currency = currency
        self._livemode = False
        self._events = events
        self._deliverer = deliverer

    def change(self, changes: ApiObject) -> ApiObject:
        """Change the account and the types sent to its endpoint: `{currency?, livemode?, events?}`."""
        self._currency = str(changes.get("currency", self._currency)).lower()
        self._livemode = bool(changes.get("livemode", self._livemode))
        if "events" in changes:
            self._events.enabled = frozenset(changes["events"])
        return {"account": self.account(), "endpoints": self.endpoints(), "balance": self.balance()}

    def account(self) -> ApiObject:
        """Return the account to which the key belongs."""
        return {
            "id": "acct_sandbox",
            "object": "account",
            "charges_enabled": True,
            "country": "HK" if self._currency == "hkd" else "CN",
            "created": 0,
            "default_currency": self._currency,
            "details_submitted": True,
            "email": None,
            "payouts_enabled": True,
            "type": "standard",
        }

    def balance(self) -> ApiObject:
        """Return the balance with its currency and mode only; the amounts follow from the balance transactions."""
        amount = {"amount": 0, "currency": self._currency}
        return {"object": "balance", "available": [amount], "livemode": self._livemode, "pending": [amount]}

    def endpoints(self) -> ApiObject:
        """Return the endpoint to which events are sent, if there is one."""
        data: list[ApiObject] = []
        if self._deliverer.url:
            data.append(
                {
                    "id": "we_sandbox",
                    "object": "webhook_endpoint",
                    "api_version": API_VERSION,
                    "application": None,
                    "created": 0,
                    "description": None,
                    "enabled_events": sorted(self._events.enabled),
                    "livemode": self._livemode,
                    "metadata": {},
                    "status": "enabled",
                    "url": self._deliverer.url,
                }
            )
        return {"object": "list", "url": "/v1/webhook_endpoints", "has_more": False, "data": data}
