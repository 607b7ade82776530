-- name: insert_debits(app_id, ids, to_ids, currencies, amounts, usd_amounts, running_balances, posting_ids, metadata, created_at)
insert into debits (app_id, id, to_type, to_id, currency, amount_minor, usd_minor, running_balance, posting_id,
    metadata, created_at)
select $1, d.id, 'Transaction', d.to_id, d.currency, d.amount, d.usd, d.running_balance, d.posting_id, d.metadata, $10
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::uuid[], $9::json[])
    as d (id, to_id, currency, amount, usd, running_balance, posting_id, metadata)

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
