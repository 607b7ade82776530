"""Saying something to the person, or the program, at the other end of standard output."""

import sys
from typing import Annotated, Any

import msgspec
import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def say(text: str) -> None:
    """Write a line at once: whoever reads us through a pipe waits for it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say_json(value: Any) -> None:
    """Write a value as one line of JSON."""
    say(msgspec.json.encode(value).decode())
