"""PostgreSQL: connections, units of work, statements, batches, notifications and due work."""
