"""The pages for developers: so far the front page, with what it takes to make a first call.

May import: wiring, settings, kernel.
"""
