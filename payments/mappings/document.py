"""PURE. The schema of a mapping, which is checked as a whole before it is stored.

A template is text with field names in braces: `refund:{resource.refund_id}`. In `{buyer_id|open_id|=none}` the
first alternative with a value counts, and `=` begins literal text. If no alternative has a value, the whole
template is empty.
"""

import json
import re
from collections.abc import Mapping as Dictionary
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from kernel.errors import Fault, Invalid, fault
from payments.partners.partner_events import PAID, REFUND_REVERSED, REFUNDED

MOST_BYTES = 20_000
MOST_RULES = 20
_DOCUMENTS = Path(__file__).with_name("documents")
PRESETS = ("wechatpay_v3", "alipay", "signed_headers")
_BRACES = re.compile(r"\{[^{}]*\}")
_HEADER = r"^[A-Za-z0-9-]{1,64}$"


def _well_formed(template: str) -> str:
    if any(brace in _BRACES.sub("", template) for brace in "{}"):
        raise ValueError("braces must be closed, and hold no others")
    return template


Template = Annotated[str, Field(max_length=500), AfterValidator(_well_formed)]
Header = Annotated[str, Field(pattern=_HEADER)]
Words = dict[Annotated[str, Field(max_length=100)], list[Annotated[str, Field(max_length=200)]]]

ParameterName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
GivenWords = Annotated[Words, Field(min_length=1)]  # without a condition every notification would fit


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HmacInHeaders(_Strict):
    """A keyed hash in a header. `signed` is a template of the signed text, with `{header:NAME}` and `{body}`."""

    scheme: Literal["hmac"]
    digest: Literal["sha256", "sha512"] = "sha256"
    signed: Template
    signature_header: Header
    encoding: Literal["hex", "base64"]
    key_id_header: Header | None = None
    timestamp_header: Header
    timestamp_unit: Literal["s", "ms"] = "s"
    tolerance_s: int = Field(default=300, ge=1, le=3_600)
    body: Literal["json", "form"] = "json"

    @model_validator(mode="after")
    def _covers_all(self) -> Self:
        for part in ("{body}", f"{{header:{self.timestamp_header}}}"):
            if part not in self.signed:
                raise ValueError(f"the signature must cover {part}")
        return self


class WechatPay(_Strict):
    """The signature and the encrypted resource of WeChat Pay v3. A header names the key by its serial."""

    scheme: Literal["wechatpay_v3"]
    tolerance_s: int = Field(default=300, ge=1, le=3_600)


class Alipay(_Strict):
    """RSA2 over the sorted fields of a form, without `sign` and `sign_type`."""

    scheme: Literal["alipay_rsa2"]


class Time(_Strict):
    """How times are written. Times without an offset are in `zone`. `pattern` is as in `strptime`."""

    form: Literal["iso", "pattern", "unix_s", "unix_ms"]
    pattern: str = Field(default="%Y-%m-%d %H:%M:%S", max_length=60)
    zone: Literal["Asia/Shanghai", "UTC"] = "Asia/Shanghai"


class Reply(_Strict):
    """The response that the platform expects. Without `status` ours is used; `{code}` in the body is our code."""

    status: int | None = Field(default=None, ge=200, le=599)
    type: Literal["application/json", "text/plain"] = "application/json"
    body: str = Field(max_length=500)


class Replies(_Strict):
    taken: Reply
    refused: Reply


class Minor(_Strict):
    """The words of a payment that state a donor under 14, or of 14 to 17, and that their guardian agrees.

    A payment that fits neither age is of a donor of full age. One of a minor without the guardian's consent is
    refused, as an event of ours is.
    """

    under_14: GivenWords | None = None
    under_18: GivenWords | None = None
    guardian: GivenWords

    @model_validator(mode="after")
    def _has_an_age(self) -> Self:
        if self.under_14 is None and self.under_18 is None:
            raise ValueError("say which words state a donor under 14, or of 14 to 17")
        return self


class Rule(_Strict):
    """An event of ours, built from a notification whose fields have these words ("" if a field is absent).

    `id` identifies the event within the platform; repetitions have the same id. `refund`: whether the amount of a
    refund is the total of all refunds of the donation so far, or that of the one refund that `refund_id` names.
    """

    when: Words
    type: Literal["donation.paid", "donation.refunded", "donation.refund_reversed"]
    id: Template
    at: Template
    amount: Template
    donation_id: Template
    currency: Template
    project_code: Template = ""
    donor_key: Template = ""
    donor_name: Template = ""
    message: Template = ""
    campaign: Template = ""
    minor: Minor | None = None
    refund: Literal["total", "each"] | None = None
    refund_id: Template = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.type == PAID and not (self.project_code and self.donor_key):
            raise ValueError("a payment needs project_code and donor_key")
        if self.type != PAID and self.minor:
            raise ValueError("only a payment states a minor")
        if self.type in (REFUNDED, REFUND_REVERSED) and self.refund is None:
            raise ValueError("say whether the amount is the total of all refunds or of each")
        if self.refund == "each" and not self.refund_id:
            raise ValueError("a refund by itself needs refund_id")
        return self


class Mapping(_Strict):
    """How one platform's notifications become events. `events` is the path of the list of events in a body, if
    there are several. `require` are the words that every notification must have; `$name` stands for the words of a
    parameter. One of `optional_parameters` that has none requires nothing.
    A notification that matches an entry of `ignore` is accepted without effect. Otherwise the first matching
    rule applies. One that matches none is refused, so that a wrong mapping loses no payment."""

    title: str = Field(min_length=1, max_length=100)
    verify: HmacInHeaders | WechatPay | Alipay = Field(discriminator="scheme")
    replies: Replies
    parameters: list[ParameterName] = Field(default_factory=list, max_length=10)
    optional_parameters: list[ParameterName] = Field(default_factory=list, max_length=10)
    require: Words = Field(default_factory=dict)
    ignore: list[Words] = Field(default_factory=list, max_length=MOST_RULES)
    events: str = Field(default="", max_length=100)
    amount_unit: Literal["fen", "yuan"]
    time: Time
    rules: list[Rule] = Field(min_length=1, max_length=MOST_RULES)

    @property
    def states_minors(self) -> bool:
        """Return whether payments may state that their donor is under age."""
        return any(rule.minor for rule in self.rules)

    @model_validator(mode="after")
    def _knows_its_parameters(self) -> Self:
        named = {word[1:] for words in self.require.values() for word in words if word.startswith("$")}
        if unknown := named - {*self.parameters, *self.optional_parameters}:
            raise ValueError(f"no parameter {', '.join(sorted(unknown))}")
        return self


def parameter_words(text: str) -> list[str]:
    """Return the words of a parameter, which commas or spaces separate."""
    return text.replace(",", " ").split()


def read_mapping(document: Any) -> Mapping:
    """Validate a document. Raises Invalid `mapping_invalid` that names every wrong field."""
    if not isinstance(document, Dictionary):
        raise Invalid("mapping_invalid", fields={"document": fault("not_an_object")})
    if len(json.dumps(document)) > MOST_BYTES:
        raise Invalid("mapping_invalid", fields={"document": fault("too_long", most=MOST_BYTES)})
    try:
        return Mapping.model_validate(dict(document))
    except ValidationError as error:
        faults = {_path(part["loc"]): _fault(part) for part in error.errors(include_url=False)}
        raise Invalid("mapping_invalid", fields=faults) from error


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(("document", *map(str, location)))[:200]


def _fault(part: Any) -> Fault:
    if part["type"] == "missing":
        return fault("required")
    if part["type"] == "extra_forbidden":
        return fault("unknown_field")
    return fault("not_as_described", reason=str(part["msg"])[:200])


@lru_cache
def preset(name: str) -> str:
    """Return one of the documents shipped with the engine, as JSON."""
    if name not in PRESETS:
        raise KeyError(name)
    return (_DOCUMENTS / f"{name}.json").read_text(encoding="utf-8")
