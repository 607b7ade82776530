-- name: lags()
-- How long the longest overdue row of each kind of due work has waited, on the clock of its app. The conditions are those
-- of the claims; only the thousand oldest are looked at, so that a look stays cheap when much is due.
select topic, coalesce(max(extract(epoch from late)), 0)::float8 as seconds
from (
    select 'payout_attempts' as topic, null::interval as late
    union all select 'payout_questions', null union all select 'collection_starts', null
    union all select 'collection_questions', null union all select 'expiry', null union all select 'refunds', null
    union all select 'events', null union all select 'deliveries', null union all select 'document_fetches', null
    union all select 'screening', null union all select 'reports', null
    union all
    (select 'payout_attempts', clock_now(app_id) - attempt_due_at
     from recipients
     where attempt_due_at <= clock_horizon() and attempt_due_at <= clock_now(app_id)
       and attempt_id is null and cancel_requested_at is null and state in ('initial', 'error')
     order by attempt_due_at limit 1000)
    union all
    (select 'payout_questions', clock_now(app_id) - ask_due_at
     from recipients
     where ask_due_at <= clock_horizon() and ask_due_at <= clock_now(app_id) and attempt_id is not null
     order by ask_due_at limit 1000)
    union all
    (select 'collection_starts', clock_now(app_id) - start_due_at
     from payin_methods
     where start_due_at <= clock_horizon() and start_due_at <= clock_now(app_id) and state in ('initial', 'pending')
     order by start_due_at limit 1000)
    union all
    (select 'collection_questions', clock_now(app_id) - ask_due_at
     from payin_methods
     where ask_due_at <= clock_horizon() and ask_due_at <= clock_now(app_id) and attempt_id is not null
     order by ask_due_at limit 1000)
    union all
    (select 'expiry', clock_now(app_id) - expires_at
     from transactions
     where state in ('initial', 'approved', 'pending') and expires_at <= clock_horizon() and expires_at <= clock_now(app_id)
     order by expires_at limit 1000)
    union all
    (select 'refunds', clock_now(app_id) - refund_due_at
     from recipients
     where refund_due_at <= clock_horizon() and refund_due_at <= clock_now(app_id)
     order by refund_due_at limit 1000)
    union all
    (select 'events', clock_now(e.app_id) - e.created_at
     from untold_events u
     join events e on e.app_id = u.app_id and e.seq = u.seq
     order by u.seq limit 1000)
    union all
    (select 'deliveries', clock_now(d.app_id) - d.due_at
     from webhook_deliveries d
     join webhooks w on w.app_id = d.app_id and w.id = d.webhook_id
     where d.state = 'waiting' and w.disabled_at is null and w.deleted_at is null and d.due_at <= clock_now(d.app_id)
       and (d.leased_until is null or d.leased_until <= clock_timestamp())
     limit 1000)
    union all
    (select 'document_fetches', clock_now(app_id) - fetch_due_at
     from documents
     where fetch_due_at <= clock_horizon() and fetch_due_at <= clock_now(app_id) and disabled_at is null
     order by fetch_due_at limit 1000)
    union all
    (select 'screening', clock_timestamp() - screen_due_at
     from senders
     where screen_due_at <= clock_timestamp()
     order by screen_due_at limit 1000)
    union all
    (select 'reports', clock_now(app_id) - due_at
     from report_schedules
     where due_at <= clock_horizon() and due_at <= clock_now(app_id)
     order by due_at limit 1000)
) as due
group by topic
order by topic

-- name: imbalances()
-- By how much the accounts of each currency miss zero, in minor units, added up over the apps whose books are wrong.
select currency, sum(abs(total))::numeric as minor
from (select app_id, currency, sum(balance) as total from ledger_accounts group by app_id, currency) as books
group by currency
order by currency
