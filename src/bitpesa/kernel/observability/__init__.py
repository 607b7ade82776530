"""What a running process shows: masked logs, metrics, instrumentation.

May import: nothing of ours.
"""
