"""Why a process does not start."""


class CannotGoOn(Exception):
    """Something the person at the terminal has to change first; the message says what."""
