import gzip
import random
import zlib

import pytest

from bitpesa.api.application import MOST_IN_JSON, _json_of
from bitpesa.api.bodies import MAX_MEMBERS, Bodies, ClientWentAway, Taken
from bitpesa.api.errors import Busy, TooLarge
from bitpesa.kernel.problems import Malformed


def receiving(*chunks, hang_up=False):
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if hang_up:
        messages.append({"type": "http.disconnect"})
    else:
        messages[-1]["more_body"] = False

    async def receive():
        return messages.pop(0)

    return receive


async def test_a_body_is_read_to_its_end():
    assert await Bodies(10, 100).read({}, receiving(b"one", b"two"), Taken()) == b"onetwo"


async def test_a_body_may_be_as_long_as_the_limit_and_no_longer():
    assert len(await Bodies(10, 100).read({}, receiving(b"12345", b"67890"), Taken())) == 10
    with pytest.raises(TooLarge):
        await Bodies(10, 100).read({}, receiving(b"12345", b"678901"), Taken())


async def test_all_bodies_together_have_a_limit_until_one_is_let_go():
    bodies, first, second = Bodies(10, 15), Taken(), Taken()
    await bodies.read({}, receiving(b"1234567890"), first)
    with pytest.raises(Busy):
        await bodies.read({}, receiving(b"1234", b"56"), second)
    bodies.let_go(second)
    bodies.let_go(first)
    assert await bodies.read({}, receiving(b"1234567890"), Taken()) == b"1234567890"


async def test_what_a_body_unpacks_to_counts_as_well():
    packed = gzip.compress(b"x" * 1_000)
    with pytest.raises(Busy):
        await Bodies(1_000, 1_000).read({b"content-encoding": b"gzip"}, receiving(packed), Taken())
    with pytest.raises(TooLarge):
        await Bodies(999, 10_000).read({b"content-encoding": b"gzip"}, receiving(packed), Taken())
    with pytest.raises(Malformed):
        await Bodies(1_000, 10_000).read({b"content-encoding": b"gzip"}, receiving(packed[:-1]), Taken())


async def unpacked(packed, encoding=b"gzip", limit=1_000_000):
    return await Bodies(limit, 10**9).read({b"content-encoding": encoding}, receiving(packed), Taken())


@pytest.mark.parametrize("size", [0, 1, 99, 100_000])
async def test_gzip_may_come_in_several_members(size):
    plain = random.Random(size).randbytes(size)
    for cut in {0, size // 3, size}:
        members = gzip.compress(plain[:cut]) + gzip.compress(plain[cut:]) + gzip.compress(b"")
        assert await unpacked(members) == plain


async def test_a_body_of_many_members_is_read_up_to_a_limit():
    one = gzip.compress(b"x")
    assert await unpacked(one * MAX_MEMBERS) == b"x" * MAX_MEMBERS
    with pytest.raises(Malformed):
        await unpacked(one * (MAX_MEMBERS + 1))


async def test_members_together_are_as_long_as_a_body_may_be():
    with pytest.raises(TooLarge):
        await unpacked(gzip.compress(b"x" * 600) * 2, limit=1_000)


@pytest.mark.parametrize("encoding", [b"gzip", b"deflate"])
async def test_what_follows_a_compressed_body_is_refused(encoding):
    packed = gzip.compress(b"{}") if encoding == b"gzip" else zlib.compress(b"{}")
    assert await unpacked(packed, encoding) == b"{}"
    for rest in (b"garbage", b"\0", packed[:9]):
        with pytest.raises(Malformed):
            await unpacked(packed + rest, encoding)


async def test_deflate_has_no_members():
    with pytest.raises(Malformed):
        await unpacked(zlib.compress(b"{") + zlib.compress(b"}"), b"deflate")


async def test_room_taken_by_who_hung_up_is_free_again():
    bodies, taken = Bodies(10, 10), Taken()
    with pytest.raises(ClientWentAway):
        await bodies.read({}, receiving(b"123456", hang_up=True), taken)
    bodies.let_go(taken)
    assert await bodies.read({}, receiving(b"1234567890"), Taken()) == b"1234567890"


@pytest.mark.parametrize("value", [b"[]", b"0", b"{}", b"[[[]]]"])
def test_a_body_of_too_many_values_is_not_even_read(value):
    few, many = MOST_IN_JSON // 10, MOST_IN_JSON
    assert len(_json_of("POST", {}, b"[" + b",".join([value] * few) + b"]")) == few
    with pytest.raises(TooLarge):
        _json_of("POST", {}, b"[" + b",".join([value] * many) + b"]")
