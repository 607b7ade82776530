"""The JSON form of a logged call (flows 11.3)."""

from typing import Any

from bitpesa.api_support.api_logs.model import ApiLog
from bitpesa.kernel.values.timestamps import to_wire_or_none


def api_log_json(log: ApiLog) -> dict[str, Any]:
    """A call as the owner of the app sees it."""
    return {
        "id": str(log.id),
        "request_method": log.request_method,
        "request_url": log.request_url,
        "request_body": log.request_body,
        "request_headers": log.request_headers,
        "response_status": str(log.response_status),
        "response_body": log.response_body,
        "response_headers": log.response_headers,
        "created_at": to_wire_or_none(log.created_at),
    }
