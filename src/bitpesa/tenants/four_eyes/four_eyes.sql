-- name: insert_access_change(id, user_id, kind, changed_by, changer)
insert into access_changes (id, user_id, kind, changed_by, changer)
values ($1, $2, $3, $4, $5)

-- name: access_changes_of(user_ids)
select user_id, kind, changed_by, changer, changed_at
from access_changes
where user_id = any($1::uuid[])
order by changed_at, id
