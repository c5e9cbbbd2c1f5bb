# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in what is shown, however they are written there."""

from __future__ import annotations

import base64
import json
import string
import time
from urllib.parse import quote

import pytest
from forms import FORMS
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import mask
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ApiError, api_error, one_line

SECRETS = {
    "token": "MIIDkgYJ-KoZIhvc/NAQcCoIIDgzC+CA38CAQExDTALBglg_hkgBZQMEAgEwggHdBgkqhkiG9w0B=",
    "spaces": "open  sesame   now", "quotes": "it's \"quoted\" and\\slashed/", "unicode": "pässwörd€-ключ-🔑x", "markup": "a&b<c>d%41e+f=",
    "short": "h4x%r",
}


@pytest.fixture
def secret(request):
    mask.register([SECRETS[request.param]])
    return SECRETS[request.param]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", SECRETS, indirect=True)
def test_a_secret_is_hidden_in_every_form(secret, form):
    if form == "upper case" and not secret.isascii():
        pytest.skip("letters of other alphabets are compared as they are")
    written = FORMS[form](secret)
    shown = one_line("rejected: %s, says the proxy" % written)
    assert mask.MASK in shown and written not in shown
    assert shown.startswith("rejected: ") and shown.endswith("says the proxy")
    left = shown[len("rejected: "):-len(", says the proxy")].replace(mask.MASK, "")
    assert len(left) <= len(FORMS[form]("")) + 6, "the rest of it"
    assert mask.MASK in mask.masked_data({"k": [written]})["k"][0]


@pytest.mark.parametrize("longest", range(20, 120, 7))
@pytest.mark.parametrize("secret", ["token", "unicode"], indirect=True)
def test_it_is_hidden_before_anything_is_cut(secret, longest):
    assert not any(piece in one_line("x" * 12 + secret, longest) for piece in (secret[:8], secret[4:12]))


@pytest.mark.parametrize("start, end", [(0, 20), (3, 30), (40, 70), (20, 32)])
@pytest.mark.parametrize("secret", ["token"], indirect=True)
def test_a_piece_that_somebody_else_has_cut_out_is_hidden(secret, start, end):
    assert one_line("bad value '%s…'" % secret[start:end]) == "bad value '%s…'" % mask.MASK
    name = mask.masked_data("x" + secret[:60])
    assert name == "x" + mask.MASK


def test_a_short_secret_is_hidden_as_a_word():
    mask.register(["pw"])
    assert one_line("pw is wrong: 'pw', can't pwn") == "%s is wrong: '%s', can't pwn" % (mask.MASK, mask.MASK)
    assert mask.masked_data({"pw": "pw"}) == {"pw": "pw"}


def test_other_text_stays():
    mask.register(SECRETS.values())
    text = "server group 'erp' (40df180b-9fe2-471a-8c64-1b758dc84189) is 100 %25 protected, see https://example.com/a?b=c&d=e \\ MIIDkgYJ"
    assert one_line(text) == text and mask.masked_data({"a": [1, None, True, text]}) == {"a": [1, None, True, text]}


def test_credentials_in_urls_and_signatures_are_never_shown():
    shown = one_line("https://user:p@ss/word@host.example/x and SDK-HMAC-SHA256 Access=AK, Signature=%s" % ("0f" * 32))
    assert shown == "https://%s@host.example/x and SDK-HMAC-SHA256 Access=AK, Signature=%s" % (mask.MASK, mask.MASK)
    mask.register_url("https://someone:s%C3%A4cret1@host.example")
    assert "cret1" not in one_line("säcret1 s%C3%A4cret1 s\\u00e4cret1")


def test_errors_hide_what_they_hold():
    mask.register([SECRETS["token"]])
    token = SECRETS["token"]
    error = ApiError("no: " + token, request_id=token, resource="server " + quote(token), remedy="ask " + token)
    assert token not in "%s %r %s" % (error, error, json.dumps(error.as_dict())) and quote(token) not in json.dumps(error.as_dict())
    answered = api_error(400, json.dumps({"error": {"code": token, "message": "x" * 590 + token}}).encode(), token)
    assert token[:16] not in "%s %r %s" % (answered, answered, json.dumps(answered.as_dict()))


CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"])


@given(st.text(CHARACTERS, min_size=8, max_size=40), st.sampled_from(sorted(FORMS)), st.integers(0, 5))
def test_any_secret_in_any_form(secret, form, shift):
    assume(len(secret.translate(mask._COMPARED)) >= 6 and set(secret) - set(string.punctuation))
    mask._known.clear()
    mask.register([secret])
    written = FORMS[form](secret)
    assume(form != "upper case" or secret.isascii())
    shown = mask.masked("~" * shift + written)
    assert mask.MASK in shown and written not in shown


@pytest.mark.parametrize("text", [
    "%41" * 20_000, "\\u0041" * 10_000, "&#65;" * 10_000, "://" * 20_000, "A" * 60_000, "\\" * 60_000, SECRETS["token"] * 700, " " * 60_000,
    base64.b64encode(SECRETS["short"].encode() * 3).decode() * 3000,
])
def test_no_text_takes_long(text):
    mask.register([*SECRETS.values(), "A" * 40, string.printable * 150])
    mask.masked("warm")
    began = time.process_time()
    one_line(text)
    mask.masked_data([text] * 3)
    assert time.process_time() - began < 3
