"""Operations that are described and not there yet. Each leaves this set when it comes."""

AWAITED: set[str] = set()
