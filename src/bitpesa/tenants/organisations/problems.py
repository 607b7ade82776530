"""What organisations refuse."""

from bitpesa.kernel.problems import Kind, Problem


class AppExists(Problem):
    """The organisation already has an app in this environment"""


class AppRenewed(Problem):
    """Conflict

    A fresh app has taken the place of this one meanwhile.
    """

    kind = Kind.CONFLICT
