"""What matches say together. Decides from plain values."""

from collections.abc import Sequence

from bitpesa.payments.screening.model import Hit, Outcome


def outcome_of(hits: Sequence[Hit]) -> Outcome:
    """What is to be thought of somebody with these hits; those that staff dismissed do not count."""
    counting = [hit for hit in hits if hit.counts]
    if any(hit.decisive and hit.confirmed for hit in counting):
        return Outcome.LISTED
    if any(hit.decisive for hit in counting):
        return Outcome.HOLD
    return Outcome.REVIEW if counting else Outcome.CLEAR
