"""Exchange rates, margins, rounding and fees: what an amount comes to in another currency.

May import: tenants.four_eyes, tenants.audit_log, kernel.
"""
