-- name: insert_debits(rows) after insert_postings
-- The balance that a debit left is the one that its posting left.
insert into debits (app_id, id, to_type, to_id, currency, amount_minor, usd_minor, running_balance, posting_id,
    metadata, created_at)
select d.app_id, d.id, 'Transaction', d.to_id, d.currency, d.amount_minor, d.usd_minor, p.from_balance, d.posting_id,
    d.metadata::json, d.created_at
from json_to_recordset($1) as d (app_id uuid, id uuid, to_id uuid, currency text, amount_minor bigint, usd_minor bigint,
    posting_id uuid, metadata text, created_at timestamptz)
join insert_postings p on p.id = d.posting_id
returning id

-- name: list_debits(app_id, limit, offset)
select *, count(*) over () as total_count
from debits
where app_id = $1
order by created_at desc, id desc
limit $2 offset $3

-- name: count_debits(app_id)
select count(*) from debits where app_id = $1

-- name: debit_by_id(app_id, id)
select * from debits where app_id = $1 and id = $2
