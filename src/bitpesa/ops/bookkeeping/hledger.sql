-- name: currencies_of_accounts(environment)
select a.currency, count(distinct a.app_id) as apps
from apps p
join ledger_accounts a on a.app_id = p.id
where p.environment = $1
group by a.currency
order by a.currency

-- name: accounts_of_environment(environment)
select a.app_id, a.kind, a.currency, o.name as organisation
from apps p
join organisations o on o.id = p.organisation_id
join ledger_accounts a on a.app_id = p.id
where p.environment = $1
order by a.app_id, a.currency, a.kind

-- name: postings_in_order(environment)
-- hledger checks what a balance is said to be day by day, and within a day as written. So the days must never go back:
-- one that would, because the database's clock was set back or two apps posted in the same instant, is given the latest
-- day before it. The time itself is told as it is. What support settled by hand says so: few are, and they are read first.
with by_hand as materialized (
    select t.app_id, t.object_id as id, t.action
    from audit_trail t
    where t.object_type = 'Recipient' and t.action in ('recipient.paid', 'recipient.refunded')
    union
    select t.app_id, e.id, t.action
    from audit_trail t
    cross join lateral json_array_elements_text(t.details -> 'recipients') as e (id)
    where t.action in ('transaction.exception_paid', 'transaction.exception_refunded')
)
select p.app_id, p.id, p.seq, p.kind, f.kind as from_kind, t.kind as to_kind, p.currency, p.amount, p.from_balance,
    p.to_balance, p.reference, p.note, p.created_at, o.name as organisation,
    (max(p.created_at) over (order by p.seq rows unbounded preceding) at time zone 'UTC')::date as day,
    case when exists (
        select from by_hand b
        where b.app_id = p.app_id and b.id = p.reference::text
          and (b.action like '%paid') = (p.kind in ('settlement', 'payout', 'fee', 'credit'))
    ) then 'support' end as settled_by
from ledger_postings p
join apps a on a.id = p.app_id and a.environment = $1
join organisations o on o.id = a.organisation_id
join ledger_accounts f on f.app_id = p.app_id and f.id = p.from_account
join ledger_accounts t on t.app_id = p.app_id and t.id = p.to_account
order by p.seq
