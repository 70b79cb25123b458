"""Sealing: what was sealed opens again with the same key and context, and with nothing else."""

import hmac
import os
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import donation_id_of, fingerprint, keyed_hash, same
from kernel.keys import Keys, random_each, seal, seal_each, unseal

KEY = bytes(range(32))
KEYS = Keys("secret", "field")


@given(st.binary(), st.binary())
def test_a_sealed_value_is_unsealed_with_its_key_and_context(plain: bytes, context: bytes) -> None:
    sealed = seal(KEY, plain, context)
    assert unseal(KEY, sealed, context) == plain
    assert seal(KEY, plain, context) != sealed  # a nonce of its own each time


@given(st.binary(min_size=1), st.data())
def test_one_changed_bit_is_noticed(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(KEY, plain, b"here"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ValueError, match="sealed with another key"):
        unseal(KEY, bytes(sealed), b"here")


@given(st.binary(max_size=60))
def test_bytes_that_were_never_sealed_are_value_errors(junk: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        unseal(KEY, junk)


def test_another_key_or_context_opens_nothing() -> None:
    sealed = seal(KEY, b"who gave", b"donation 1")
    for key, context in ((os.urandom(32), b"donation 1"), (KEY, b"donation 2")):
        with pytest.raises(ValueError, match="another key"):
            unseal(key, sealed, context)


def test_of_many_sealed_at_once_each_opens_with_its_own_key_and_context() -> None:
    keys = random_each(3, 32)
    sealed = seal_each(keys, [b"a", b"", b"a"], [b"1", b"2", b"3"])
    assert [unseal(*row) for row in zip(keys, sealed, (b"1", b"2", b"3"), strict=True)] == [b"a", b"", b"a"]
    assert len({*keys, *(text[:12] for text in sealed)}) == 6, "no key and no nonce is used twice"
    wrapped = KEYS.wrap_each(keys, [b"1", b"2", b"3"])
    assert [KEYS.unwrap(text, str(n)) for n, text in enumerate(wrapped, 1)] == keys
    assert random_each(0, 12) == []


def test_an_installation_opens_its_own_texts_only() -> None:
    wrapped = KEYS.wrap_text("whsec_秘密", "partner:one")
    assert KEYS.unwrap_text(wrapped, "partner:one") == "whsec_秘密"
    with pytest.raises(ValueError, match="another key"):
        Keys("secret", "other field").unwrap_text(wrapped, "partner:one")
    with pytest.raises(ValueError, match="another key"):
        KEYS.unwrap_text(wrapped, "partner:two")
    with pytest.raises(ValueError, match=r".+"):
        KEYS.unwrap_text("not base64 ü", "partner:one")


def test_tokens_hang_on_one_secret_and_look_ups_on_the_other() -> None:
    assert KEYS.token("d1") == Keys("secret", "x").token("d1") != Keys("x", "field").token("d1")
    assert KEYS.lookup("email", "a@b.cn") == Keys("x", "field").lookup("email", "a@b.cn")
    assert KEYS.lookup("email", "a@b.cn") != Keys("secret", "x").lookup("email", "a@b.cn")
    assert KEYS.lookup("email", "ab") != KEYS.lookup("emai", "lab")
    assert keyed_hash(KEY, "a", "b") != keyed_hash(KEY, "ab")
    assert keyed_hash(KEY, "a", "二") == hmac.digest(KEY, "a\x1f二".encode(), "sha256").hex()  # as it is stored


def test_fingerprints_do_not_depend_on_the_order_of_keys() -> None:
    assert fingerprint({"a": 1, "b": [2, 3]}) == fingerprint({"b": [2, 3], "a": 1})
    assert fingerprint({"b": [3, 2], "a": 1}) != fingerprint({"b": [2, 3], "a": 1})
    assert fingerprint(1) != fingerprint("1")


def test_a_partners_donation_always_has_the_same_id() -> None:
    for name in ("17", "订单-17", "x" * 300):
        assert donation_id_of("one", name) == uuid5(NAMESPACE_URL, f"beishan:partner:one:{name}")
    assert donation_id_of("one", "17") != donation_id_of("two", "17")
    assert same("dt_ü", "dt_ü")
    assert not same("dt_ü", "dt_u")
