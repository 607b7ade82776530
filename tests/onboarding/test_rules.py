from datetime import UTC, datetime
from uuid import UUID

import pytest

from bitpesa.onboarding.model import CheckName, LiveRequest, RequestState
from bitpesa.onboarding.rules import CHECKS, open_checks, why_not_ask, why_not_decide

ALL = frozenset(CheckName)
SOME = ALL - {CheckName.FAILURES}


def request(state: RequestState) -> LiveRequest:
    return LiveRequest(
        organisation_id=UUID(int=1),
        id=UUID(int=2),
        asked_by="ada@example.com",
        asked_at=datetime(2026, 3, 2, tzinfo=UTC),
        reason=None,
        state=state,
        decided_by=None if state is RequestState.WAITING else "staff",
        decided_at=None,
        answer=None,
    )


def test_there_are_five_checks_and_each_says_what_to_do() -> None:
    assert [check.name for check in CHECKS] == list(CheckName)
    assert all(check.title and check.counts and check.next_step for check in CHECKS)
    assert open_checks(SOME) == [CHECKS[-1]]


def test_with_all_checks_no_reason_is_needed() -> None:
    assert why_not_ask(ALL, "", None, has_live=False) is None


def test_with_open_checks_there_has_to_be_a_reason() -> None:
    assert why_not_ask(SOME, "", None, has_live=False) == ("reason", "blank")
    assert why_not_ask(SOME, "we never cancel", None, has_live=False) is None


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (RequestState.WAITING, ("base", "Live access was asked for already")),
        (RequestState.APPROVED, ("base", "Live access is there already")),
        (RequestState.RETURNED, None),
    ],
)
def test_only_a_returned_request_can_be_followed_by_another(
    state: RequestState, problem: tuple[str, str] | None
) -> None:
    assert why_not_ask(ALL, "", request(state), has_live=False) == problem


def test_who_is_live_needs_not_ask() -> None:
    assert why_not_ask(ALL, "", None, has_live=True) == ("base", "Live access is there already")


def test_a_return_names_its_reasons_and_an_approval_may() -> None:
    waiting = request(RequestState.WAITING)
    assert why_not_decide(waiting, "", returning=True) == ("answer", "blank")
    assert why_not_decide(waiting, "", returning=False) is None
    assert why_not_decide(request(RequestState.RETURNED), "x", returning=False) == ("base", "No request is waiting")
    assert why_not_decide(None, "x", returning=True) == ("base", "No request is waiting")


def test_texts_are_bounded() -> None:
    assert why_not_ask(ALL, "x" * 2001, None, has_live=False) == ("reason", "too_long")
    assert why_not_decide(request(RequestState.WAITING), "x" * 2001, returning=True) == ("answer", "too_long")
