-- name: trial_balance(environment, app_id)
-- What stands on the accounts of each kind in each currency, of an environment or of one app in it: the currencies sum to
-- zero. Never of both environments: one has real money.
select a.currency, a.kind, count(*) as accounts, sum(a.balance)::bigint as balance
from apps p
join ledger_accounts a on a.app_id = p.id
where p.environment = $1 and ($2::uuid is null or p.id = $2)
group by a.currency, a.kind
order by a.currency, a.kind

-- name: statement(app_id, kind, currency, limit, offset)
-- The entries of one account, newest first, with what each left on it.
select p.id, p.kind, p.reference, p.note, p.created_at, p.app_time,
    case when p.to_account = a.id then p.amount else -p.amount end as amount,
    case when p.to_account = a.id then p.to_balance else p.from_balance end as balance,
    case when p.to_account = a.id then f.kind else t.kind end as other_kind,
    count(*) over () as total_count
from ledger_accounts a
join ledger_postings p on p.app_id = a.app_id and (p.from_account = a.id or p.to_account = a.id)
join ledger_accounts f on f.app_id = p.app_id and f.id = p.from_account
join ledger_accounts t on t.app_id = p.app_id and t.id = p.to_account
where a.app_id = $1 and a.kind = $2 and a.currency = $3
order by p.seq desc
limit $4 offset $5
