"""Sending mail: the port, a mail server that speaks SMTP, and the mailbox that stands in for one in the sandbox.

May import: kernel.
"""
