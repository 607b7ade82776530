"""Why a key cannot be used for a write."""

from bitpesa.kernel.problems import Kind, Problem


class StillRunning(Problem):
    """Conflict

    The first request under this key is not answered yet: whoever asks again a little later gets its answer.
    """

    kind = Kind.CONFLICT


class KeyUsedForAnother(Problem):
    """Idempotency-Key was used for another request"""
