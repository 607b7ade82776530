"""Exchange rates, margins, rounding and fees: what an amount comes to in another currency.

May import: kernel.
"""
