"""What nobody may do to the platform, tried against a running one: each promise is kept by an experiment, or broken."""
