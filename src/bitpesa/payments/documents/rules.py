"""What is said of a document, read out of a request. Decides from plain values (flows 3.8)."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from bitpesa.kernel.problems import FieldErrors, add_error
from bitpesa.kernel.values.metadata import read_metadata
from bitpesa.kernel.values.text import clean_text, is_blank
from bitpesa.kernel.values.timestamps import read_date
from bitpesa.payments.documents.uploads import Elsewhere, Faulty, Kept

LONGEST_TEXT = 255
TEXTS = ("document_type", "document_id", "source")

FETCH_AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""The waits after a file could not be fetched, when that may change; after the last one it is given up."""

_PATH_SEPARATORS = re.compile(r"[/\\]")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says of a new document. Of use only without errors."""

    upload: Kept | Elsewhere | None
    file_name: str
    texts: dict[str, str]
    expiry_date: str | None
    metadata: dict[str, Any]


def read_document(submitted: Mapping[str, Any], errors: FieldErrors) -> Said:
    """Read a new document whose upload was taken in already, noting what is wrong."""
    return Said(
        upload=_read_upload(submitted.get("upload"), errors),
        file_name=_read_file_name(submitted.get("upload_file_name"), errors),
        texts=_read_texts(submitted, errors),
        expiry_date=_read_date(submitted.get("expiry_date"), errors),
        metadata=read_metadata(submitted, errors) or {},
    )


def base_name(path: str) -> str:
    """The last part of a path, whichever system wrote it."""
    return _PATH_SEPARATORS.split(path.strip())[-1].strip()


def wait_after(fetches: int) -> timedelta | None:
    """How long to wait after so many attempts to fetch a file; None: that was the last."""
    return FETCH_AGAIN_AFTER[fetches - 1] if fetches <= len(FETCH_AGAIN_AFTER) else None


def _read_upload(value: Any, errors: FieldErrors) -> Kept | Elsewhere | None:
    match value:
        case Kept() | Elsewhere():
            return value
        case Faulty(problem=problem):
            add_error(errors, "upload", problem)
        case _:
            add_error(errors, "upload", "blank" if value in (None, "") else "invalid")
    return None


def _read_file_name(value: Any, errors: FieldErrors) -> str:
    """Keep the name and strip the path: it names a file of the client's, never one of ours."""
    if is_blank(value):
        add_error(errors, "upload_file_name", "blank")
        return ""
    name = base_name(value) if isinstance(value, str) else ""
    if not name.isprintable() or name in ("", ".", ".."):
        add_error(errors, "upload_file_name", "invalid")
    elif len(name) > LONGEST_TEXT:
        add_error(errors, "upload_file_name", "too_long")
    return name


def _read_texts(submitted: Mapping[str, Any], errors: FieldErrors) -> dict[str, str]:
    texts = {}
    for name in TEXTS:
        value = submitted.get(name)
        if is_blank(value):
            continue
        if isinstance(value, bool) or not isinstance(value, str | int) or "\x00" in str(value):
            add_error(errors, name, "invalid")
        elif len(str(value)) > LONGEST_TEXT:
            add_error(errors, name, "too_long")
        else:
            texts[name] = clean_text(str(value))
    return texts


def _read_date(value: Any, errors: FieldErrors) -> str | None:
    """Read a date; SDKs send full timestamps, of which the date counts."""
    if value in (None, ""):
        return None
    try:
        return read_date(clean_text(value).strip()).isoformat()
    except (AttributeError, ValueError):
        add_error(errors, "expiry_date", "invalid")
        return None
