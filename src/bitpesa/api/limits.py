"""What a call counts against the limits of its app: beyond them it is marked, or refused if so set (flows 11.4)."""

from datetime import datetime
from uuid import UUID

import msgspec

from bitpesa.api.call import Answer
from bitpesa.api.errors import TooMany
from bitpesa.api_support.soft_limits import rules
from bitpesa.api_support.soft_limits.counter import Counter
from bitpesa.api_support.soft_limits.model import Limit, Window
from bitpesa.tenants.organisations.model import App

EXCEEDED = ("X-Soft-Limit-Exceeded", "true")


class Tally(msgspec.Struct):
    """One call on its way through the limits. `at`: the time of its app."""

    counter: Counter
    app: App
    at: datetime
    is_exceeded: bool = False

    def count(self, limit: Limit) -> None:
        """Count it for its day. Raises TooMany."""
        self._count(rules.day_of(limit, self.at))

    def count_transaction(self, transaction_id: UUID, created_at: datetime) -> None:
        """Count a look at a transaction. Raises TooMany."""
        self._count(rules.hour_of_transaction(transaction_id, created_at, self.at))

    def marked(self, answer: Answer) -> Answer:
        """The answer, marked when a limit was exceeded."""
        if not self.is_exceeded:
            return answer
        return msgspec.structs.replace(answer, headers=(*answer.headers, EXCEEDED))

    def _count(self, window: Window) -> None:
        if self.counter.count(self.app.id, window) <= window.most:
            return
        if self.app.settings.hard_limits:
            raise TooMany(rules.seconds_left(window, self.at))
        self.is_exceeded = True
