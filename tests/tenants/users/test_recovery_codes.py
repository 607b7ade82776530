from bitpesa.tenants.users.recovery_codes import HOW_MANY, new_recovery_codes, read_recovery_code


def test_codes_are_many_and_never_the_same() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == HOW_MANY == 10
    assert not set(codes) & set(new_recovery_codes())


def test_a_code_is_read_however_it_was_typed() -> None:
    code = new_recovery_codes()[0]
    for typed in (code, code.upper(), code.replace("-", ""), f"  {code.replace('-', ' ')}\n"):
        assert read_recovery_code(typed) == code


def test_a_code_of_an_authenticator_is_none() -> None:
    for typed in ("123456", "", "abcd-efgh", "0000-0000-0000-0000", "a" * 17, "é" * 16):
        assert read_recovery_code(typed) is None
