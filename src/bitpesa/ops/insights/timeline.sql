-- Everything that is known to have happened to one transaction, from the tables that each noun keeps of it.

-- name: events_of(app_id, object_ids)
select seq, name, object_id, created_at as at, payload::json ->> 'state' as state
from events
where app_id = $1 and object_id = any($2::uuid[])
order by seq

-- name: attempts_of(app_id, recipient_ids, by_staff)
-- An answer that staff wrote beside an attempt says so in its first words.
select recipient_id, provider, started_at, answered_at, result_code, starts_with(answer, $3) as is_word_of_staff
from payout_attempts
where app_id = $1 and recipient_id = any($2::uuid[])
order by started_at, id

-- name: postings_of(app_id, references)
select p.kind, p.currency, p.amount, p.reference, p.app_time as at, f.kind as from_kind, t.kind as to_kind, p.seq
from ledger_postings p
join ledger_accounts f on f.app_id = p.app_id and f.id = p.from_account
join ledger_accounts t on t.app_id = p.app_id and t.id = p.to_account
where p.app_id = $1 and p.reference = any($2::uuid[])
order by p.seq

-- name: receipts_of(app_id, transaction_id)
-- Postings of money that was not accepted go by its receipt.
select id
from payin_receipts
where app_id = $1 and transaction_id = $2 and not accepted

-- name: deliveries_of(app_id, seqs)
-- By webhook and event, which is how deliveries are told apart: few of each.
select case when w.deleted_at is null then d.webhook_id end as webhook_id, d.event_seq, d.state, d.tries, w.url
from webhooks w
join webhook_deliveries d on d.app_id = w.app_id and d.webhook_id = w.id
where w.app_id = $1 and d.event_seq = any($2::bigint[])
order by d.event_seq, d.id

-- name: acts_on(app_id, parts, senders, mandates, since, until)
-- What was done by hand to a payment and its parts; to its sender and its mandates while it was under way: these belong
-- to other payments as well.
select *, coalesce(app_time, created_at) as at
from audit_trail
where app_id = $1
  and ((object_type in ('Transaction', 'Recipient', 'PayinMethod') and object_id = any($2::text[]))
       or (((object_type = 'Sender' and object_id = any($3::text[]))
            or (object_type = 'Mandate' and object_id = any($4::text[])))
           and coalesce(app_time, created_at) between $5 and coalesce($6::timestamptz, 'infinity')))
order by seq
