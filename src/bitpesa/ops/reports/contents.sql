-- What is read into reports. Each report is one statement, and so sees one moment.

-- name: payouts(app_id, since, before)
-- Transactions whose time to be funded is over are told as cancelled even where nobody swept them up yet. How a payout
-- ended is by the word of support where the trail says so: few are, and they are read first.
with clock as materialized (
    select clock_now($1) as now
),
by_hand as materialized (
    select object_id as id, action like '%paid' as is_paid
    from audit_trail
    where app_id = $1 and actor_kind = 'staff' and object_type = 'Recipient'
      and action in ('recipient.paid', 'recipient.refunded')
    union
    select part.id, t.action like '%paid'
    from audit_trail t
    cross join lateral json_array_elements_text(t.details -> 'recipients') as part (id)
    where t.app_id = $1 and t.actor_kind = 'staff'
      and t.action in ('transaction.exception_paid', 'transaction.exception_refunded')
)
select t.created_at, t.id, t.external_id, t.metadata, t.sender_id, s.external_id as sender_external_id,
    r.id as recipient_id, r.payout_type,
    case when x.expired and r.state = 'initial' then 'canceled' else r.state end as state,
    r.input_minor, r.input_currency, r.output_minor, r.output_currency, r.fee_minor, t.funded_at,
    case when x.expired then t.expires_at else t.closed_at end as closed_at, r.result_code,
    case when r.state in ('success', 'overpaid', 'refunded') and exists (
        select from by_hand b
        where b.id = r.id::text and b.is_paid = (r.state <> 'refunded')
    ) then 'support' end as settled_by
from clock
join transactions t on t.app_id = $1 and t.created_at >= $2 and t.created_at < $3
join senders s on s.app_id = t.app_id and s.id = t.sender_id
join recipients r on r.app_id = t.app_id and r.transaction_id = t.id
cross join lateral (
    select t.funded_at is null and t.state in ('initial', 'approved', 'pending') and t.expires_at <= clock.now as expired
) x
order by t.created_at, t.id, r.position

-- name: entries(app_id, since, before)
-- The postings of the app's balances, as the ledger noted them, and the transactions that no money ever came for. These
-- failed when they were cancelled, or when their time to be funded was over, however late somebody swept them up.
-- `opening` is the balance before the period.
with clock as materialized (
    select clock_now($1) as now
),
balances as materialized (
    select a.id, a.currency
    from ledger_accounts a
    where a.app_id = $1 and a.kind = 'balance'
),
found as (
    select b.currency, p.app_time as happened_at, p.seq, p.id as entry_id, p.kind, p.reference, -p.amount as amount,
        p.from_balance as balance
    from balances b
    join ledger_postings p on p.app_id = $1 and p.from_account = b.id
    where p.app_time >= $2 and p.app_time < $3
    union all
    select b.currency, p.app_time, p.seq, p.id, p.kind, p.reference, p.amount, p.to_balance
    from balances b
    join ledger_postings p on p.app_id = $1 and p.to_account = b.id
    where p.app_time >= $2 and p.app_time < $3
    union all
    select t.input_currency, least(t.closed_at, t.expires_at), null, null, 'failed', t.id, 0, null
    from transactions t
    where t.app_id = $1 and t.state = 'canceled' and t.funded_at is null
      and least(t.closed_at, t.expires_at) >= $2 and least(t.closed_at, t.expires_at) < $3
    union all
    select t.input_currency, t.expires_at, null, null, 'failed', t.id, 0, null
    from clock
    join transactions t on t.app_id = $1 and t.state in ('initial', 'approved', 'pending')
    where t.funded_at is null and t.expires_at <= clock.now and t.expires_at >= $2 and t.expires_at < $3
),
openings as materialized (
    select b.currency, coalesce(last.balance, 0) as balance
    from balances b
    left join lateral (
        select moves.balance
        from (
            (select p.seq, p.from_balance as balance
             from ledger_postings p
             where p.app_id = $1 and p.from_account = b.id and p.app_time < $2
             order by p.seq desc limit 1)
            union all
            (select p.seq, p.to_balance
             from ledger_postings p
             where p.app_id = $1 and p.to_account = b.id and p.app_time < $2
             order by p.seq desc limit 1)
        ) as moves
        order by moves.seq desc limit 1
    ) last on true
)
select f.happened_at, f.currency, f.entry_id, f.kind, coalesce(r.transaction_id, t.id) as transaction_id,
    t.external_id, f.amount, f.balance, coalesce(o.balance, 0) as opening
from found f
left join openings o on o.currency = f.currency
left join recipients r on r.app_id = $1 and r.id = f.reference
left join transactions t on t.app_id = $1 and t.id = coalesce(r.transaction_id, f.reference)
order by f.happened_at, f.seq nulls last, f.reference
