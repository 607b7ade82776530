"""A payments platform that speaks the BitPesa API v1."""
