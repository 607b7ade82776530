"""PostgreSQL: connections, units of work, statements, batches, notifications and due work.

May import: nothing of ours.
"""
