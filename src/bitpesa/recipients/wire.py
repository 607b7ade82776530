"""The JSON form of a recipient and its payout method, shared by API answers and webhook payloads (flows 4.1)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bitpesa.corridors.catalogue import corridor
from bitpesa.corridors.rules import fields
from bitpesa.kernel import json
from bitpesa.kernel.events import Event
from bitpesa.kernel.money import minor_to_number
from bitpesa.kernel.timestamps import to_wire
from bitpesa.providers import codes
from bitpesa.rates_display import exchange_rate
from bitpesa.recipients import rules
from bitpesa.recipients.model import Recipient
