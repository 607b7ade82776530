from datetime import UTC, datetime
from uuid import UUID

import msgspec

from bitpesa.webhooks.lanes import Lane, Paces, endpoint_of
from bitpesa.webhooks.model import Webhook

HOOK = Webhook(
    app_id=UUID(int=1),
    id=UUID(int=2),
    api_key_id=UUID(int=3),
    sandbox=True,
    url="https://Hooks.example:8443/a?b#c",
    events=(),
    metadata={},
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
ELSEWHERE = msgspec.structs.replace(HOOK, id=UUID(int=4), url="https://hooks.example:8443/d")


def test_an_endpoint_is_a_scheme_host_and_port_of_an_app():
    assert endpoint_of(HOOK) == endpoint_of(ELSEWHERE) == f"{UUID(int=1)} https://hooks.example:8443"
    assert endpoint_of(msgspec.structs.replace(HOOK, app_id=UUID(int=9))) != endpoint_of(HOOK)


def test_one_time_out_makes_an_endpoint_slow_and_a_few_quick_answers_make_it_quick():
    paces = Paces(2)
    paces.note("a", 15)
    paces.note("b", 0.1)
    assert paces.slow == {"a"}
    for _ in range(2):
        paces.note("a", 0.01)
    assert paces.is_slow("a") is (7.5 / 4 >= 2)
    paces.note("a", 0.01)
    assert paces.slow == frozenset()


def test_a_lane_knows_who_is_in_it():
    lane = Lane(3, 2, 2)
    for each in (HOOK, HOOK, ELSEWHERE):
        lane.enter(each)
    room = lane.room()
    assert (room.in_all, room.busy[HOOK.id], room.busy_apps[HOOK.app_id]) == (0, 2, 3)
    assert room.busy_endpoints == {endpoint_of(HOOK): 3}
    for each in (HOOK, HOOK, ELSEWHERE):
        lane.leave(each)
    assert (lane.free, lane.room().busy, lane.room().busy_apps, lane.room().busy_endpoints) == (3, {}, {}, {})
