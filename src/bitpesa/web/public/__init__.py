"""Pages and files that need no session: the front page, documentation, the payer's page, links to files, and probes."""
