"""The database's shape: numbered SQL files, applied in order and never edited once released, and their runner.

May import: kernel.
"""
