-- name: lags()
-- How long the longest overdue row of each kind of due work has waited, on the clock of its app, in each environment. The
-- conditions are those of the claims; only the thousand oldest are looked at, so that a look stays cheap when much is due.
with due as (
    (select 'payout_attempts' as topic, app_id, clock_now(app_id) - attempt_due_at as late
     from recipients
     where attempt_due_at <= clock_horizon() and attempt_due_at <= clock_now(app_id)
       and attempt_id is null and cancel_requested_at is null and state in ('initial', 'error')
     order by attempt_due_at limit 1000)
    union all
    (select 'payout_questions', app_id, clock_now(app_id) - ask_due_at
     from recipients
     where ask_due_at <= clock_horizon() and ask_due_at <= clock_now(app_id) and attempt_id is not null
     order by ask_due_at limit 1000)
    union all
    (select 'collection_starts', app_id, clock_now(app_id) - start_due_at
     from payin_methods
     where start_due_at <= clock_horizon() and start_due_at <= clock_now(app_id) and state in ('initial', 'pending')
     order by start_due_at limit 1000)
    union all
    (select 'collection_questions', app_id, clock_now(app_id) - ask_due_at
     from payin_methods
     where ask_due_at <= clock_horizon() and ask_due_at <= clock_now(app_id) and attempt_id is not null
     order by ask_due_at limit 1000)
    union all
    (select 'expiry', app_id, clock_now(app_id) - expires_at
     from transactions
     where state in ('initial', 'approved', 'pending') and expires_at <= clock_horizon() and expires_at <= clock_now(app_id)
     order by expires_at limit 1000)
    union all
    (select 'refunds', app_id, clock_now(app_id) - refund_due_at
     from recipients
     where refund_due_at <= clock_horizon() and refund_due_at <= clock_now(app_id)
     order by refund_due_at limit 1000)
    union all
    (select 'events', e.app_id, clock_now(e.app_id) - e.created_at
     from untold_events u
     join events e on e.app_id = u.app_id and e.seq = u.seq
     order by u.seq limit 1000)
    union all
    (select 'deliveries', d.app_id, clock_now(d.app_id) - d.due_at
     from webhook_deliveries d
     join webhooks w on w.app_id = d.app_id and w.id = d.webhook_id
     where d.state = 'waiting' and w.disabled_at is null and w.deleted_at is null and d.due_at <= clock_now(d.app_id)
       and (d.leased_until is null or d.leased_until <= clock_timestamp())
     limit 1000)
    union all
    (select 'document_fetches', app_id, clock_now(app_id) - fetch_due_at
     from documents
     where fetch_due_at <= clock_horizon() and fetch_due_at <= clock_now(app_id) and disabled_at is null
     order by fetch_due_at limit 1000)
    union all
    (select 'screening', app_id, clock_timestamp() - screen_due_at
     from senders
     where screen_due_at <= clock_timestamp()
     order by screen_due_at limit 1000)
    union all
    (select 'reports', app_id, clock_now(app_id) - due_at
     from report_schedules
     where due_at <= clock_horizon() and due_at <= clock_now(app_id)
     order by due_at limit 1000)
)
select e.environment, t.topic, coalesce(max(extract(epoch from d.late)), 0)::float8 as seconds
from (values ('live'), ('sandbox')) as e (environment)
cross join (values ('payout_attempts'), ('payout_questions'), ('collection_starts'), ('collection_questions'), ('expiry'),
    ('refunds'), ('events'), ('deliveries'), ('document_fetches'), ('screening'), ('reports')) as t (topic)
left join (select due.topic, due.late, a.environment from due join apps a on a.id = due.app_id) d
    on d.topic = t.topic and d.environment = e.environment
group by e.environment, t.topic
order by e.environment, t.topic

-- name: imbalances()
-- By how much the accounts of each currency miss zero in each environment, in minor units, added up over the apps whose
-- books are wrong.
select a.environment, b.currency, sum(abs(b.total))::numeric as minor
from (select app_id, currency, sum(balance) as total from ledger_accounts group by app_id, currency) as b
join apps a on a.id = b.app_id
group by a.environment, b.currency
order by a.environment, b.currency

-- name: waiting_for_staff(checked_app_ids)
-- What waits for staff in each environment: by the conditions of the lists that staff open. Senders wait where somebody
-- checks them.
with waiting as (
    select 'senders' as what, app_id, created_at as since
    from senders
    where app_id = any($1::uuid[]) and state in ('initial', 'verified')
    union all
    select 'hits', h.app_id, null
    from screening_hits h
    join screening_lists l on l.name = h.list
    where h.dismissed_at is null
    union all
    select case state when 'processing' then 'held' else 'exceptions' end, app_id, updated_at
    from transactions
    where state in ('processing', 'exception')
    union all
    select 'payouts', app_id, updated_at
    from recipients
    where state in ('stuck', 'manual', 'exception')
    union all
    select 'movements', app_id, proposed_at
    from movements
    where state = 'waiting'
    union all
    select 'surplus', app_id, received_at
    from payin_receipts
    where not accepted and returned_at is null
    union all
    select 'mandates', app_id, created_at
    from mandates
    where status in ('pending', 'notified')
)
select w.what, a.environment, count(*) as rows, min(w.since) as since
from waiting w
join apps a on a.id = w.app_id
group by w.what, a.environment
order by w.what, a.environment
