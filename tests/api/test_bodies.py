import gzip

import pytest

from bitpesa.api.application import MOST_IN_JSON, _json_of
from bitpesa.api.bodies import Bodies, ClientWentAway, Taken
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
