"""What a reason must be. Decides from plain values."""

from bitpesa.kernel.problems import refused

LONGEST_REASON = 1000


def read_reason(reason: str | None, *, needed: bool = True) -> str | None:
    """The reason somebody gives for what he does, trimmed. Raises Invalid: it is blank although needed, or endless."""
    text = (reason or "").strip()
    if not text:
        if needed:
            raise refused("reason", "blank")
        return None
    if len(text) > LONGEST_REASON:
        raise refused("reason", "too_long")
    if "\x00" in text:
        raise refused("reason", "invalid")
    return text
