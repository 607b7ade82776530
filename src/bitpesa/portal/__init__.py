"""What is open to browsers: the front page, with what it takes to make a first call, and files that a link shows.

May import: wiring, reports, documents, settings, kernel.
"""
