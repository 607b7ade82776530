"""What the books refuse."""

from bitpesa.kernel.problems import Problem
from bitpesa.kernel.values.money import Money


class BalanceTooLow(Problem):
    """The balance is too low

    `position` tells which of the postings asked for more than was left.
    """

    def __init__(self, balance: Money, wanted: Money, position: int = 0) -> None:
        super().__init__()
        self.balance = balance
        self.wanted = wanted
        self.position = position


class BooksFull(Problem):
    """The amount is too large: with what was booked before it is more than the books can hold

    `position` tells which of the postings was too much. Nothing was booked, and the work may go on.
    """

    def __init__(self, wanted: Money, position: int = 0) -> None:
        super().__init__()
        self.wanted = wanted
        self.position = position


class HoldAlreadyReleased(Problem):
    """What was held has already been paid out or refunded"""


class AlreadyFunded(Problem):
    """The transaction is already funded"""
