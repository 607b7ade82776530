-- name: paying_attempt(app_id, recipient_id, by_staff)
-- The attempt that was answered paid, and whether staff wrote the answer.
select id, provider, coalesce(starts_with(answer, $3), false) as is_word_of_staff
from payout_attempts
where app_id = $1 and recipient_id = $2 and result_code = '0'
order by started_at desc
limit 1

-- name: is_paid_by_word_of_staff(app_id, recipient_id, transaction_id)
-- Staff may say that a recipient was paid of which no provider had an attempt.
select exists (
    select from audit_trail
    where app_id = $1 and object_type = 'Recipient' and object_id = $2 and action = 'recipient.paid'
) or exists (
    select from audit_trail
    cross join lateral json_array_elements_text(details -> 'recipients') as part (id)
    where app_id = $1 and object_type = 'Transaction' and object_id = $3 and action = 'transaction.exception_paid'
      and part.id = $2
)
