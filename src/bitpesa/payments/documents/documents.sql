-- name: keep_files(app_id, ids)
-- Before their bytes are written, so that whatever becomes of the request, somebody knows of them.
insert into unclaimed_files (app_id, id)
select $1, f.id from unnest($2::uuid[]) as f (id)

-- name: claim_files(app_id, ids)
-- In the transaction that stores their documents: from its commit on they are not swept away.
delete from unclaimed_files where app_id = $1 and id = any($2::uuid[])

-- name: forget_file(app_id, id)
delete from unclaimed_files where app_id = $1 and id = $2

-- name: claim_stale_files(age, most)
-- Their time begins anew, so that no other process is at them meanwhile, and one that dies leaves them for later.
with stale as materialized (
    select app_id, id
    from unclaimed_files
    where kept_at < clock_timestamp() - $1::interval
      and id::text <> all ((select quarantined('unclaimed_files'))::text[])
    order by kept_at
    limit $2
    for update skip locked
)
update unclaimed_files f
set kept_at = clock_timestamp()
from stale
where f.app_id = stale.app_id and f.id = stale.id
returning f.app_id, f.id

-- name: insert_document(app_id, id, sender_id, file_name, content_type, size_bytes, document_type, document_number, expiry_date, source, metadata, source_url, fetch_due_at, created_at)
insert into documents (app_id, id, sender_id, file_name, content_type, size_bytes, document_type, document_number,
    expiry_date, source, metadata, source_url, fetch_due_at, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)

-- name: documents_by_ids(app_id, ids)
select * from documents where app_id = $1 and id = any($2::uuid[])

-- name: lock_documents(app_id, ids)
-- Taken after the sender's row, in id order like everywhere.
select * from documents
where app_id = $1 and id = any($2::uuid[])
order by id
for no key update

-- name: give_to_sender(app_id, ids, sender_id)
update documents set sender_id = $3 where app_id = $1 and id = any($2::uuid[])

-- name: disable_documents(app_id, ids, disabled_at)
-- What was not fetched yet is not fetched any more.
with disabled as (
    update documents
    set disabled_at = $3, fetch_due_at = null
    where app_id = $1 and id = any($2::uuid[]) and disabled_at is null
    returning *
)
select * from disabled order by id

-- name: list_documents(app_id, limit, offset)
select *, count(*) over () as total_count
from documents
where app_id = $1
order by created_at desc, id desc
limit $2 offset $3

-- name: count_documents(app_id)
select count(*) from documents where app_id = $1

-- name: claim_fetches(after, free, busy_apps, busy_counts, lease)
-- A process that dies while it fetches loses nothing: the file is due again when the lease ends.
-- Apps take turns. Step 1: the apps that have something to fetch, by jumping from one to the next in the index. Step 2:
-- those that have something due by their own time, from the one after the last on; each gets its share of the free
-- places, and never more than half of what it leaves to others. Step 3: of each the first that are due.
with recursive waiting as (
    (select t.app_id, t.fetch_due_at as due_at from documents t where t.fetch_due_at is not null order by t.app_id, t.fetch_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from waiting w
    cross join lateral (
        select t.app_id, t.fetch_due_at as due_at from documents t
        where t.fetch_due_at is not null and t.app_id > w.app_id
        order by t.app_id, t.fetch_due_at
        limit 1
    ) as following
),
turns as materialized (
    select w.app_id, coalesce(c.app_time, date_trunc('milliseconds', clock_timestamp())) as app_time,
        least(($2 - 1) / count(*) over () + 1, ($2 - coalesce(b.busy, 0) + 1) / 2) as places
    from waiting w
    left join moved_clocks() c on c.app_id = w.app_id
    left join unnest($3::uuid[], $4::int[]) as b (app_id, busy) on b.app_id = w.app_id
    where w.due_at <= coalesce(c.app_time, date_trunc('milliseconds', clock_timestamp())) and coalesce(b.busy, 0) < $2
    order by w.app_id <= $1, w.app_id
    limit $2
),
due as materialized (
    select mine.app_id, mine.id
    from turns
    cross join lateral (
        select t.app_id, t.id from documents t
        where t.app_id = turns.app_id and t.fetch_due_at <= turns.app_time
          and coalesce(t.disabled_at is null, false)
          and t.id::text <> all ((select quarantined('document_fetches'))::text[])
        order by t.fetch_due_at
        limit turns.places
        for no key update skip locked
    ) as mine
    limit $2
)
update documents d
set fetches = least(d.fetches, 2147483646) + 1, fetch_due_at = clock_now(d.app_id) + $5::interval
from due
where d.app_id = due.app_id and d.id = due.id
returning d.*

-- name: note_fetched(app_id, id, content_type, size_bytes)
update documents set content_type = $3, size_bytes = $4, source_url = null, fetch_due_at = null
where app_id = $1 and id = $2 and source_url is not null

-- name: note_not_fetched(app_id, id, problem)
update documents set fetch_problem = $3, source_url = null, fetch_due_at = null
where app_id = $1 and id = $2 and source_url is not null

-- name: fetch_again(app_id, id, wait)
update documents set fetch_due_at = clock_now($1) + $3::interval
where app_id = $1 and id = $2 and source_url is not null and disabled_at is null
