"""The numbers we hold ourselves to: what the platform does over HTTP, beside what PostgreSQL alone could do."""
