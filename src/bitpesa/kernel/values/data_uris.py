"""Data URIs, as files are uploaded in them: one reader for whoever takes them and for whoever leaves them out."""

import re

import msgspec

MAX_HEAD = 1000
"""How long what stands before the comma may be."""

# White space belongs to one part only: where two could take it, a text without a comma would be tried for ever.
_HEAD = re.compile(r"\s*data:\s*([^;,\s]*)(\s*(?:;[^;,]*)*),", re.IGNORECASE)


class DataUri(msgspec.Struct, frozen=True):
    """What a data URI says before its comma, and where its data begin."""

    content_type: str
    parameters: str
    begins_at: int


def read_head(text: str) -> DataUri | None:
    """Read the head of a data URI, in every spelling that is taken; None when a text is none."""
    head = _HEAD.match(text[:MAX_HEAD])
    return None if head is None else DataUri(head[1], head[2], head.end())
