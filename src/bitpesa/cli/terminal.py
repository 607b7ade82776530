"""Saying something to the person, or the program, at the other end of standard output."""

import sys


def say(text: str) -> None:
    """Write a line at once: whoever reads us through a pipe waits for it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
