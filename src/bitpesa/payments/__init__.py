"""Payments: senders, transactions, recipients and collections, and everything they depend on."""
