-- name: insert_payout_method(app_id, id, sender_id, type, details, metadata, created_at)
insert into payout_methods (app_id, id, sender_id, type, details, metadata, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $7)

-- name: update_payout_method(app_id, id, details, metadata, updated_at, disabled_at)
update payout_methods set details = $3, metadata = $4, updated_at = $5, disabled_at = $6
where app_id = $1 and id = $2

-- name: lock_payout_method(app_id, id)
select * from payout_methods where app_id = $1 and id = $2 for no key update

-- name: payout_methods_by_ids(app_id, ids)
select * from payout_methods where app_id = $1 and id = any($2::uuid[])

-- name: list_payout_methods(app_id, states, types, sender_id, since, before, limit, offset)
select *, count(*) over () as total_count
from payout_methods
where app_id = $1
  and ($2::text[] is null or case when disabled_at is null then 'enabled' else 'disabled' end = any($2))
  and ($3::text[] is null or type = any($3))
  and ($4::uuid is null or sender_id = $4)
  and ($5::timestamptz is null or created_at >= $5)
  and ($6::timestamptz is null or created_at < $6)
order by created_at desc, id desc
limit $7 offset $8

-- name: count_payout_methods(app_id, states, types, sender_id, since, before)
select count(*)
from payout_methods
where app_id = $1
  and ($2::text[] is null or case when disabled_at is null then 'enabled' else 'disabled' end = any($2))
  and ($3::text[] is null or type = any($3))
  and ($4::uuid is null or sender_id = $4)
  and ($5::timestamptz is null or created_at >= $5)
  and ($6::timestamptz is null or created_at < $6)
