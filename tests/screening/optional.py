"""What needs the library that is nobody's requirement."""

import pytest

from bitpesa.screening.names import HAS_RIGOUR

needs_rigour = pytest.mark.skipif(not HAS_RIGOUR, reason="`pip install bitpesa[screening]` lets this run")
