"""What members see of senders and recipients who may not see personal data: names, and that something is there.

Fields are known by their names. What is shown is listed; every other field is hidden, one that is new included, and
one that a client made up. Decides from plain values (decision 0067).
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec

from bitpesa.api_support.api_logs.model import ApiLog
from bitpesa.kernel.values import json
from bitpesa.tenants.users.model import Permission
from bitpesa.webhooks.model import WebhookLog

HIDDEN = "[hidden]"
"""What stands in place of a value."""

SHOWN = frozenset(
    """
    account_type_id active aml amount app_id attempts available balance bank_account_type bank_code bank_country
    bank_name bic branch_code business_type canceled cash_provider category channel cleared closed_at code codes
    corridor count country created_at currency date delivered description due_amount due_minor editable edited
    entry_id error error_description error_message estimated_annual_revenue_turnover event events
    exchange_rate expires_at external_id fee fee_fractional financial_regulator first_name from funded_at
    funded_by gender has_receipt id identification_type identity_card_type ifsc_code input_amount input_currency
    input_usd_amount kind kyc_mode lang last_name legal_entity_type list_of_countries_of_operation margin max
    may_cancel message messages method middle_name min mobile_provider name narration_needed nationality
    nature_of_business number_monthly_transactions number_of_employees_in_company occupation offset operation
    order otc output_amount output_currency page paid_amount paid_minor payin_reference payment_reference
    payout_type per per_page position proof_of_payments proposed_amount provider purpose_of_opening_account rate
    recipient_count recipient_id registration_date relationship_to_sender requested_amount requested_currency
    retriable running_balance sales_lead_id seconds send_ref sender_external_id sender_id settled_by size sort_code
    source_of_funds state state_reason state_reason_code status success sum target timestamp to to_id to_type
    total total_count trading_country trading_name transaction_external_id transaction_id transfer_reason
    transfer_reason_code tries type types unit updated_at used ux_flow version webhook
    """.split()
)
"""Fields that say nothing of where a person lives, how it is reached, who it is on paper or where its account is."""

OPAQUE = frozenset({"metadata"})
"""Objects of whatever a client put there: nothing in them is shown, whatever it is called."""

PLAIN = frozenset({"errors", "fields", "state_reason_details"})
"""Objects that we made, of words that we chose: everything in them is shown."""

SHOWN_HEADERS = frozenset(
    """
    accept accept-encoding authorization-key authorization-nonce authorization-signature cache-control connection
    content-encoding content-length content-type date host idempotency-key retry-after server user-agent
    webhook-id webhook-signature webhook-timestamp x-request-id
    """.split()
)

_SEGMENT = re.compile(r"[A-Za-z_:.-]*|v[0-9]|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Parts of a path that are words of the API, or identifiers of ours."""

DEEPEST = 20


def may_see(visitor: Any) -> bool:
    """Whether a visitor may see personal data."""
    return bool(visitor.may(Permission.PERSONAL_DATA_READ))


def told(visitor: Any, name: str, value: Any) -> Any:
    """A field as a visitor sees it."""
    return value if may_see(visitor) or is_shown(name) or not _says_something(value) else HIDDEN


def is_shown(name: str) -> bool:
    """Whether everybody sees a field of this name."""
    return name in SHOWN


def body_told(visitor: Any, text: str, *, ours: bool) -> str:
    """A body of a call as a visitor sees it. What is no JSON, or was cut, cannot be looked through: it is hidden.

    `ours`: we wrote it, and its are in words of ours.
    """
    if not text or may_see(visitor):
        return text
    try:
        found = json.decode(text)
    except ValueError:
        return HIDDEN
    return msgspec.json.encode(_without(found, "", PLAIN if ours else frozenset(), 0)).decode()


def url_told(visitor: Any, url: str) -> str:
    """An address that was called, as a visitor sees it."""
    if may_see(visitor):
        return url
    scheme, separator, rest = url.rpartition("://")
    path, _, query = rest.partition("?")
    host, slash, inner = path.partition("/") if separator else ("", "", path)
    inner = "/".join(each if _SEGMENT.fullmatch(each) else HIDDEN for each in inner.split("/"))
    shown = scheme + separator + host + slash + inner
    if not query:
        return shown
    pairs = [
        (name if _SEGMENT.fullmatch(name) else HIDDEN, value)
        for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    asked = urlencode([(name, value if is_shown(name) else HIDDEN) for name, value in pairs], safe="[]")
    return f"{shown}?{asked}"


def call_told(visitor: Any, log: ApiLog) -> ApiLog:
    """A logged call as a visitor sees it."""
    return msgspec.structs.replace(
        log,
        request_url=url_told(visitor, log.request_url),
        request_headers=headers_told(visitor, log.request_headers),
        request_body=body_told(visitor, log.request_body, ours=False),
        response_headers=headers_told(visitor, log.response_headers),
        response_body=body_told(visitor, log.response_body, ours=True),
    )


def attempt_told(visitor: Any, log: WebhookLog) -> WebhookLog:
    """An attempt to reach a webhook as a visitor sees it."""
    if may_see(visitor):
        return log
    sides = {
        side: {
            **log.metadata[side],
            "headers": headers_told(visitor, log.metadata[side]["headers"] or {}),
            "body": body_told(visitor, log.metadata[side]["body"] or "", ours=side == "request"),
        }
        for side in ("request", "response")
    }
    return msgspec.structs.replace(log, metadata={**log.metadata, **sides})


def headers_told(visitor: Any, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a call as a visitor sees them."""
    if may_see(visitor):
        return dict(headers)
    return {name: value if _plain_name(name) in SHOWN_HEADERS else HIDDEN for name, value in headers.items()}


def _plain_name(header: str) -> str:
    """The name of a header that may be written as CGI does."""
    return header.upper().removeprefix("HTTP_").replace("_", "-").lower()


def _without(value: Any, name: str, plain: frozenset[str], depth: int) -> Any:
    if depth > DEEPEST:
        return HIDDEN
    if name in plain:
        return value
    if isinstance(value, dict):
        inner = {str(key): HIDDEN if key in OPAQUE and each else each for key, each in value.items()}
        return {_key(key): _without(each, key, plain, depth + 1) for key, each in inner.items()}
    if isinstance(value, list):
        return [_without(each, name, plain, depth + 1) for each in value]
    return value if is_shown(name) or not _says_something(value) else HIDDEN


def _key(name: str) -> str:
    """The name of a field: one that is no name of a field may be a value that strayed."""
    return name if re.fullmatch(r"[A-Za-z_]{1,64}[0-9]{0,2}", name) else HIDDEN


def _says_something(value: Any) -> bool:
    return value is not None and value != "" and not isinstance(value, bool)
