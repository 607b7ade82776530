"""Proof by experiment that nothing is lost: a deployment that works while its parts are killed, and what it kept."""
