-- name: lags()
-- For how long the longest overdue row of each kind of due work has waited, in real seconds. The conditions are those of the
-- claims. Of each app only the first row is looked at, by jumping from one app to the next in the index, so that a look
-- stays cheap when much is due. Each environment has its own figure.
with recursive payout_attempts as (
    (select t.app_id, t.attempt_due_at as due_at from recipients t
     where t.attempt_due_at is not null and t.attempt_id is null and t.cancel_requested_at is null and t.id::text <> all ((select quarantined('payout_attempts'))::text[])
     order by t.app_id, t.attempt_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from payout_attempts h
    cross join lateral (
        select t.app_id, t.attempt_due_at as due_at from recipients t
        where t.attempt_due_at is not null and t.attempt_id is null and t.cancel_requested_at is null and t.app_id > h.app_id and t.id::text <> all ((select quarantined('payout_attempts'))::text[])
        order by t.app_id, t.attempt_due_at
        limit 1
    ) as following
),
payout_questions as (
    (select t.app_id, t.ask_due_at as due_at from recipients t
     where t.ask_due_at is not null and t.attempt_id is not null and t.id::text <> all ((select quarantined('payout_questions'))::text[])
     order by t.app_id, t.ask_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from payout_questions h
    cross join lateral (
        select t.app_id, t.ask_due_at as due_at from recipients t
        where t.ask_due_at is not null and t.attempt_id is not null and t.app_id > h.app_id and t.id::text <> all ((select quarantined('payout_questions'))::text[])
        order by t.app_id, t.ask_due_at
        limit 1
    ) as following
),
refunds as (
    (select t.app_id, t.refund_due_at as due_at from recipients t
     where t.refund_due_at is not null and t.transaction_id::text <> all ((select quarantined('refunds'))::text[])
     order by t.app_id, t.refund_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from refunds h
    cross join lateral (
        select t.app_id, t.refund_due_at as due_at from recipients t
        where t.refund_due_at is not null and t.app_id > h.app_id and t.transaction_id::text <> all ((select quarantined('refunds'))::text[])
        order by t.app_id, t.refund_due_at
        limit 1
    ) as following
),
collection_starts as (
    (select t.app_id, t.start_due_at as due_at from payin_methods t
     where t.start_due_at is not null and t.state in ('initial', 'pending') and t.id::text <> all ((select quarantined('collection_starts'))::text[])
     order by t.app_id, t.start_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from collection_starts h
    cross join lateral (
        select t.app_id, t.start_due_at as due_at from payin_methods t
        where t.start_due_at is not null and t.state in ('initial', 'pending') and t.app_id > h.app_id and t.id::text <> all ((select quarantined('collection_starts'))::text[])
        order by t.app_id, t.start_due_at
        limit 1
    ) as following
),
collection_questions as (
    (select t.app_id, t.ask_due_at as due_at from payin_methods t
     where t.ask_due_at is not null and t.attempt_id is not null and t.id::text <> all ((select quarantined('collection_questions'))::text[])
     order by t.app_id, t.ask_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from collection_questions h
    cross join lateral (
        select t.app_id, t.ask_due_at as due_at from payin_methods t
        where t.ask_due_at is not null and t.attempt_id is not null and t.app_id > h.app_id and t.id::text <> all ((select quarantined('collection_questions'))::text[])
        order by t.app_id, t.ask_due_at
        limit 1
    ) as following
),
expiry as (
    (select t.app_id, t.expires_at as due_at from transactions t
     where t.state in ('initial', 'approved', 'pending') and t.id::text <> all ((select quarantined('expiry'))::text[])
     order by t.app_id, t.expires_at limit 1)
    union all
    select following.app_id, following.due_at
    from expiry h
    cross join lateral (
        select t.app_id, t.expires_at as due_at from transactions t
        where t.state in ('initial', 'approved', 'pending') and t.app_id > h.app_id and t.id::text <> all ((select quarantined('expiry'))::text[])
        order by t.app_id, t.expires_at
        limit 1
    ) as following
),
document_fetches as (
    (select t.app_id, t.fetch_due_at as due_at from documents t
     where t.fetch_due_at is not null and t.disabled_at is null and t.id::text <> all ((select quarantined('document_fetches'))::text[])
     order by t.app_id, t.fetch_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from document_fetches h
    cross join lateral (
        select t.app_id, t.fetch_due_at as due_at from documents t
        where t.fetch_due_at is not null and t.disabled_at is null and t.app_id > h.app_id and t.id::text <> all ((select quarantined('document_fetches'))::text[])
        order by t.app_id, t.fetch_due_at
        limit 1
    ) as following
),
firsts as (
    select 'payout_attempts' as topic, app_id, due_at from payout_attempts
    union all select 'payout_questions' as topic, app_id, due_at from payout_questions
    union all select 'refunds' as topic, app_id, due_at from refunds
    union all select 'collection_starts' as topic, app_id, due_at from collection_starts
    union all select 'collection_questions' as topic, app_id, due_at from collection_questions
    union all select 'expiry' as topic, app_id, due_at from expiry
    union all select 'document_fetches' as topic, app_id, due_at from document_fetches
    union all
    (select 'events', e.app_id, e.created_at
     from untold_events u
     join events e on e.app_id = u.app_id and e.seq = u.seq
     where u.subject_id::text <> all ((select quarantined('events'))::text[])
     limit 1000)
    union all
    (select 'deliveries', d.app_id, d.due_at
     from webhook_deliveries d
     join webhooks w on w.app_id = d.app_id and w.id = d.webhook_id
     where d.state = 'waiting' and w.disabled_at is null and w.deleted_at is null and d.due_at <= clock_now(d.app_id)
       and (d.leased_until is null or d.leased_until <= clock_timestamp())
       and d.id::text <> all ((select quarantined('deliveries'))::text[])
     limit 1000)
    union all
    select 'reports', app_id, due_at from report_schedules
    where app_id || '/' || cadence <> all ((select quarantined('reports'))::text[])
),
late as (
    select f.topic, f.app_id, least(
        extract(epoch from coalesce(c.app_time, clock_timestamp())) - extract(epoch from f.due_at),
        extract(epoch from clock_timestamp() - c.moved_at)) as seconds
    from firsts f
    left join moved_clocks() c on c.app_id = f.app_id
    where f.due_at <= coalesce(c.app_time, clock_timestamp())
    union all
    (select 'screening', app_id, extract(epoch from clock_timestamp()) - extract(epoch from screen_due_at)
     from senders
     where screen_due_at <= clock_timestamp() and id::text <> all ((select quarantined('screening'))::text[])
     limit 1000)
    union all
    (select 'recipient_screening', app_id, extract(epoch from clock_timestamp()) - extract(epoch from screen_due_at)
     from recipients
     where screen_due_at <= clock_timestamp() and id::text <> all ((select quarantined('recipient_screening'))::text[])
     limit 1000)
)
select e.environment, t.topic, coalesce(max(d.seconds), 0)::float8 as seconds
from (values ('live'), ('sandbox')) as e (environment)
cross join (values ('payout_attempts'), ('payout_questions'), ('collection_starts'), ('collection_questions'), ('expiry'),
    ('refunds'), ('events'), ('deliveries'), ('document_fetches'), ('screening'), ('recipient_screening'), ('reports')) as t (topic)
left join (select late.topic, late.seconds, a.environment from late join apps a on a.id = late.app_id) d
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
