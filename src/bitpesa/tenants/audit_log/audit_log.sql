-- name: insert_entry(id, organisation_id, app_id, actor_kind, actor, actor_id, action, object_type, object_id, reason, before, after, details)
insert into audit_trail (id, organisation_id, app_id, actor_kind, actor, actor_id, action, object_type, object_id,
    reason, before, after, details, app_time)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
    case when $3::uuid is not null then clock_now($3::uuid) end)

-- name: list_entries(organisation_id, app_id, actor_kind, actor, action, object_type, object_id, since, before, limit, offset)
select *
from audit_trail
where ($1::uuid is null or organisation_id = $1)
  and ($2::uuid is null or app_id = $2)
  and ($3::text is null or actor_kind = $3)
  and ($4::text is null or actor = $4)
  and ($5::text is null or action = $5)
  and ($6::text is null or object_type = $6)
  and ($7::text is null or object_id = $7)
  and ($8::timestamptz is null or created_at >= $8)
  and ($9::timestamptz is null or created_at < $9)
order by seq desc
limit $10 offset $11

-- name: count_entries(organisation_id, app_id, actor_kind, actor, action, object_type, object_id, since, before)
select count(*)
from audit_trail
where ($1::uuid is null or organisation_id = $1)
  and ($2::uuid is null or app_id = $2)
  and ($3::text is null or actor_kind = $3)
  and ($4::text is null or actor = $4)
  and ($5::text is null or action = $5)
  and ($6::text is null or object_type = $6)
  and ($7::text is null or object_id = $7)
  and ($8::timestamptz is null or created_at >= $8)
  and ($9::timestamptz is null or created_at < $9)

-- name: list_about_payment(app_id, parts, limit)
-- What was done by hand to a payment and its parts.
select *, count(*) over () as total
from audit_trail
where app_id = $1 and object_type in ('Transaction', 'Recipient', 'PayinMethod') and object_id = any($2::text[])
order by seq desc
limit $3

-- name: list_told(organisation_id, sandbox, told, limit, offset)
-- What an organisation may know of. Acts of staff are there by name only: one that nobody thought of is not told.
select *
from audit_trail
where organisation_id = $1
  and (actor_kind = 'user' or (actor_kind = 'system' and actor = $2)
       or (actor_kind = 'staff' and action = any($3::text[])))
order by seq desc
limit $4 offset $5

-- name: count_told(organisation_id, sandbox, told)
select count(*)
from audit_trail
where organisation_id = $1
  and (actor_kind = 'user' or (actor_kind = 'system' and actor = $2)
       or (actor_kind = 'staff' and action = any($3::text[])))
