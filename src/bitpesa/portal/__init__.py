"""The pages for developers, so far the front page, and the files that signed links lead to.

May import: wiring, reports, settings, kernel.
"""
