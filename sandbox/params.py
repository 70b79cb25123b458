"""The parameters of each call: only those of Stripe's on which this stand-in acts."""

from sandbox.wire import Each, Flag, Group, Metadata, Text, Url, Whole

METHODS = ("card", "alipay", "wechat_pay")
_EXPAND = {"expand": Each(Text())}
_METHOD_TYPES = Each(Text(*METHODS))
_WECHAT = Group({"client": Text("web", "ios", "android"), "app_id": Text()}, ["client"])
_OPTIONS = Group({"wechat_pay": _WECHAT})
_AMOUNT = Whole(1, 99_999_999)
_CURRENCY = Text(longest=3)

_PRICE = Group(
    {
        "currency": _CURRENCY,
        "unit_amount": _AMOUNT,
        "product_data": Group({"name": Text(), "description": Text()}, ["name"]),
    },
    ["currency", "unit_amount", "product_data"],
)
_LINE = Group({"price_data": _PRICE, "quantity": Whole(1, 1)}, ["price_data", "quantity"])

SESSION_CREATE = Group(
    {
        "mode": Text("payment"),
        "submit_type": Text("auto", "pay", "book", "donate"),
        "locale": Text("auto", "zh", "en"),
        "line_items": Each(_LINE, most=1),
        "payment_method_types": _METHOD_TYPES,
        "payment_method_options": _OPTIONS,
        "payment_intent_data": Group({"metadata": Metadata()}),
        "client_reference_id": Text(longest=200),
        "metadata": Metadata(),
        "success_url": Url(),
        "cancel_url": Url(),
        "expires_at": Whole(),
    }
    | _EXPAND,
    ["mode", "line_items", "success_url"],
)

INTENT_CREATE = Group(
    {
        "amount": _AMOUNT,
        "currency": _CURRENCY,
        "payment_method_types": _METHOD_TYPES,
        "payment_method_options": _OPTIONS,
        "payment_method": Text(),
        "confirm": Flag(),
        "metadata": Metadata(),
    }
    | _EXPAND,
    ["amount", "currency"],
)
INTENT_UPDATE = Group({"payment_method": Text(), "metadata": Metadata()} | _EXPAND)
INTENT_CONFIRM = Group({"payment_method": Text(), "client_secret": Text(), "return_url": Text()} | _EXPAND)
INTENT_CANCEL = Group(
    {"cancellation_reason": Text("duplicate", "fraudulent", "requested_by_customer", "abandoned")} | _EXPAND
)
INTENT_RETRIEVE = Group({"client_secret": Text()} | _EXPAND)
REFUND_CREATE = Group(
    {
        "payment_intent": Text(),
        "charge": Text(),
        "amount": _AMOUNT,
        "reason": Text("duplicate", "fraudulent", "requested_by_customer"),
        "metadata": Metadata(),
    }
    | _EXPAND
)
ONLY_EXPAND = Group(_EXPAND)

_CREATED = Group({name: Whole() for name in ("gt", "gte", "lt", "lte")})
_PAGE = {"limit": Whole(1, 100), "starting_after": Text(), "created": _CREATED} | _EXPAND

PLAIN_LIST = Group({"limit": Whole(1, 100), "starting_after": Text()} | _EXPAND)
INTENT_LIST = Group(_PAGE)
INTENT_SEARCH = Group({"query": Text(), "limit": Whole(1, 100), "page": Text()} | _EXPAND, ["query"])
CHARGE_LIST = Group(_PAGE | {"payment_intent": Text()})
REFUND_LIST = Group(_PAGE | {"payment_intent": Text(), "charge": Text()})
TRANSACTION_LIST = Group(_PAGE | {"type": Text(), "source": Text(), "payout": Text(), "currency": Text()})
EVENT_LIST = Group(_PAGE | {"type": Text(), "types": Each(Text(), most=20)})
DISPUTE_LIST = Group(_PAGE | {"payment_intent": Text(), "charge": Text()})
PAYOUT_LIST = Group(_PAGE | {"status": Text()})
SESSION_LIST = Group(_PAGE | {"payment_intent": Text(), "status": Text("open", "complete", "expired")})
