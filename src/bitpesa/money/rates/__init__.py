"""Exchange rates, margins, rounding and fees: what an amount comes to in another currency.

May import: four_eyes, audit_trail, kernel.
"""
