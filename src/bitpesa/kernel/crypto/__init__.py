"""Secrets: encryption, passwords, codes, signatures, tokens."""
