from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.encryption import new_master_key
from bitpesa.kernel.signed_links import link_keys, opens, sign

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
MASTER = new_master_key()
KEYS = link_keys([MASTER])


def parts(link):
    split = urlsplit(link)
    return unquote(split.path), dict(parse_qsl(split.query))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(lambda text: "/files/" + text))
def test_a_link_opens_its_path_until_it_is_over(path):
    signed, query = parts(sign(path, LATER, KEYS))
    assert signed == path
    assert opens(path, query, NOW, KEYS)
    assert opens(path, query, LATER - timedelta(seconds=1), KEYS)
    assert not opens(path, query, LATER, KEYS)


def test_a_link_opens_nothing_else():
    path, query = parts(sign("/files/a", LATER, KEYS))
    assert not opens("/files/b", query, NOW, KEYS)
    assert not opens(path, {**query, "expires": str(int(query["expires"]) + 1)}, NOW, KEYS)
    assert not opens(path, {**query, "signature": query["signature"][:-1] + "g"}, NOW, KEYS)
    assert not opens(path, query, NOW, link_keys([new_master_key()]))


@pytest.mark.parametrize("expires", ["", "x", "-1", "1e9", "\u0661", "9" * 100])
def test_an_odd_moment_opens_nothing(expires):
    path, query = parts(sign("/files/a", LATER, KEYS))
    assert not opens(path, {**query, "expires": expires}, NOW, KEYS)
    assert not opens(path, {}, NOW, KEYS)


def test_a_link_survives_the_rotation_of_the_master_key():
    path, query = parts(sign("/files/a", LATER, KEYS))
    assert opens(path, query, NOW, link_keys([new_master_key(), MASTER]))
    assert not opens(path, query, NOW, link_keys([new_master_key()]))
