import asyncio

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from bitpesa.kernel.crypto.passwords import Passwords, is_up_to_date


async def test_a_password_matches_its_own_hash_only() -> None:
    passwords = Passwords()
    kept = await passwords.hash("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert "correct" not in kept
    assert await passwords.matches("correct horse battery", kept)
    assert not await passwords.matches("Correct horse battery", kept)
    assert not await passwords.matches("", kept)
    assert await passwords.hash("correct horse battery") != kept
    assert is_up_to_date(kept)


async def test_many_hashes_at_once_all_end() -> None:
    passwords = Passwords()
    kept = await passwords.hash("correct horse battery")
    found = await asyncio.gather(*(passwords.matches(f"correct horse battery{n or ''}", kept) for n in range(12)))
    assert found == [True, *[False] * 11]


async def test_letters_match_however_they_are_composed() -> None:
    passwords = Passwords()
    assert await passwords.matches("Ku\u0308he fliegen", await passwords.hash("K\u00fche fliegen"))


async def test_nobody_has_a_password() -> None:
    passwords = Passwords()
    for password in ("", "A", "no password"):
        assert not await passwords.matches(password, None)
        assert not await passwords.matches(password, "no password")


async def test_a_hash_made_otherwise_still_matches_and_is_to_be_made_anew() -> None:
    kept = Argon2id(salt=b"0" * 16, length=32, iterations=1, lanes=1, memory_cost=8192).derive_phc_encoded(b"a b c d e")
    assert await Passwords().matches("a b c d e", kept)
    assert not is_up_to_date(kept)


@pytest.mark.parametrize("password", ["x" * 128, "🦊" * 64, "\x00 zero", "\ud800 half"])
async def test_any_text_can_be_a_password(password: str) -> None:
    passwords = Passwords()
    kept = await passwords.hash(password)
    assert await passwords.matches(password, kept)
    assert not await passwords.matches(password[:-1], kept)
