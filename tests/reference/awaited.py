"""Operations that are described and not there yet. Each leaves this set when it comes."""

AWAITED = {
    "DELETE /payin_methods/{id}",
    "DELETE /payout_methods/{id}",
    "GET /api_logs",
    "GET /api_logs/{id}",
    "GET /dlocal/balance",
    "GET /documents",
    "GET /documents/{id}",
    "GET /mandates/{id}",
    "GET /payin_methods/{id}",
    "GET /payout_methods",
    "GET /payout_methods/{id}",
    "GET /recipients/{id}/proof_of_payments",
    "PATCH /payin_methods/{id}",
    "PATCH /payout_methods/{id}",
    "POST /account_validations",
    "POST /documents",
    "POST /payin_methods/{id}/retry",
    "POST /payout_methods",
}
