"""What every call of the API leans on: idempotency keys, logs of calls, soft limits, and what official SDKs can read.

May import: kernel.
"""
