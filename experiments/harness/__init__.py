"""A deployment of our own on this machine, to be measured (`bench/`) or mistreated (`chaos/`), and where it stood."""
