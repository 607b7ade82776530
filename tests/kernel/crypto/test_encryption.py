import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpesa.kernel.crypto.encryption import CannotDecrypt, Vault, new_master_key

VAULT = Vault([new_master_key()])


@given(st.text())
def test_what_is_sealed_can_be_opened(secret):
    assert VAULT.open(VAULT.seal(secret)) == secret


def test_a_sealed_secret_does_not_show():
    assert b"secret" not in VAULT.seal("secret")
    assert VAULT.seal("secret") != VAULT.seal("secret")


def test_a_new_key_in_front_still_opens_what_is_there():
    old, new = new_master_key(), new_master_key()
    sealed = Vault([old]).seal("secret")
    both = Vault([new, old])
    assert both.open(sealed) == "secret"
    assert Vault([new]).open(both.seal_again(sealed)) == "secret"
    assert Vault([new]).open(both.seal("other")) == "other"


def test_without_its_key_a_secret_stays_closed():
    sealed = Vault([new_master_key()]).seal("secret")
    with pytest.raises(CannotDecrypt):
        VAULT.open(sealed)
    with pytest.raises(CannotDecrypt):
        VAULT.seal_again(sealed)


def test_what_was_tampered_with_stays_closed():
    sealed = bytearray(VAULT.seal("secret"))
    sealed[20] ^= 1
    with pytest.raises(CannotDecrypt):
        VAULT.open(bytes(sealed))
