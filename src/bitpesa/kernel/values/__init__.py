"""Plain values: money, currencies, ids, JSON, metadata, moments."""
