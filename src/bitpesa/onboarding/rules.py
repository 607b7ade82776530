"""What must be shown before live, and when it may be asked for. Decides from plain values (flows 2)."""

from collections.abc import Collection

from bitpesa.onboarding.model import Check, CheckName, LiveRequest, RequestState

LONGEST_TEXT = 2000

NOTHING_WAITS = ("base", "No request is waiting")

CHECKS = (
    Check(
        CheckName.AUTHENTICATES,
        "Your calls are signed",
        "One call of your sandbox key was answered with 2xx.",
        "Create an API key and make a signed call: the documentation has one to copy.",
    ),
    Check(
        CheckName.SENDERS,
        "Senders are created and used again",
        "One sender has two transactions or more.",
        "Create two transactions that name the same sender, by its id or its external_id.",
    ),
    Check(
        CheckName.FUNDS,
        "Transactions are created and funded",
        "One transaction was funded from your balance.",
        "Fund a transaction by POST /v1/accounts/debits, or create it with /v1/transactions/create_and_fund.",
    ),
    Check(
        CheckName.LEARNS,
        "You learn what happened, by webhook and by asking",
        "A webhook answered 2xx to a transaction event and to a recipient event, and one transaction was asked for.",
        "Register a webhook for transaction and recipient events, then call GET /v1/transactions/{id}.",
    ),
    Check(
        CheckName.FAILURES,
        "Failures are noticed and cancelled",
        "One payout that failed was cancelled by DELETE /v1/recipients/{id}, and its money came back.",
        "Pay to an account that ends in 08, wait for the error, then cancel the recipient through the API.",
    ),
)


def open_checks(ticked: Collection[CheckName]) -> list[Check]:
    """The checks that were not passed yet, in order."""
    return [check for check in CHECKS if check.name not in ticked]


def why_not_ask(
    ticked: Collection[CheckName], reason: str, last: LiveRequest | None, *, has_live: bool
) -> tuple[str, str] | None:
    """Why live access cannot be asked for: the field and what is wrong with it. None when it can.

    Who has open checks gives a reason: some integrations never do what a check asks for, and people judge that.
    """
    if has_live or (last is not None and last.state is RequestState.APPROVED):
        return "base", "Live access is there already"
    if last is not None and last.state is RequestState.WAITING:
        return "base", "Live access was asked for already"
    if len(reason) > LONGEST_TEXT:
        return "reason", "too_long"
    if open_checks(ticked) and not reason:
        return "reason", "blank"
    return None


def why_not_decide(last: LiveRequest | None, answer: str, *, returning: bool) -> tuple[str, str] | None:
    """Why staff cannot decide: the field and what is wrong with it. None when they can. A return names its reasons."""
    if last is None or last.state is not RequestState.WAITING:
        return NOTHING_WAITS
    if len(answer) > LONGEST_TEXT:
        return "answer", "too_long"
    if returning and not answer:
        return "answer", "blank"
    return None


def letter(state: RequestState, answer: str) -> tuple[str, str]:
    """What is written to whoever asked: subject and text."""
    if state is RequestState.APPROVED:
        subject, text = "You are live", "Your live access is approved. Create a live key in the portal, under API keys."
    else:
        subject, text = "Your request for live access", "Your request for live access is returned."
    return subject, f"{text}\n\n{answer}\n" if answer else f"{text}\n"
