"""Organisations, the app each has in sandbox and live, the keys of an app, and the nonces that its keys have used.

May import: kernel.
"""
