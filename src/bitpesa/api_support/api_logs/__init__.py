"""The log of what clients called and were answered, with its secrets masked, written off the path of requests.

May import: kernel.
"""
