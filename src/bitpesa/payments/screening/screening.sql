-- name: replace_list(name, format, sandbox_only, entries, version, loaded_by, file_name, sha256, problems)
insert into screening_lists (name, format, sandbox_only, entries, version, loaded_by, file_name, sha256, problems)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (name) do update
    set format = excluded.format, sandbox_only = excluded.sandbox_only, entries = excluded.entries,
        version = excluded.version, loaded_at = clock_timestamp(), loaded_by = excluded.loaded_by,
        file_name = excluded.file_name, sha256 = excluded.sha256, problems = excluded.problems

-- name: begin_edition()
-- Recipients are paid under the edition of the lists that they were looked up under.
update screening_editions set edition = edition + 1, is_in_use = exists (select from screening_lists)

-- name: edition()
select screening_edition()

-- name: empty_list(name)
delete from screening_entries where list = $1

-- name: insert_entries(list, rows)
insert into screening_entries (list, uid, kind, names, birth_dates, countries, programme)
select $1, e.uid, e.kind, e.names, e.birth_dates, e.countries, e.programme
from json_to_recordset($2) as e (uid text, kind text, names text[], birth_dates text[], countries text[], programme text)

-- name: delete_list(name)
-- Its entries go with it.
delete from screening_lists where name = $1 returning *

-- name: lists()
select * from screening_lists order by name

-- name: entries_after(list, uid, limit)
-- Of all lists, some at a time: all of a long one at once would be hundreds of megabytes.
select e.*, l.sandbox_only
from screening_entries e
join screening_lists l on l.name = e.list
where (e.list, e.uid) > ($1, $2)
order by e.list, e.uid
limit $3

-- name: record_hits(app_id, sender_id, recipient_id, transaction_id, found_at, rows)
-- A match that staff called false stays so, unless it holds payments since, or is confirmed.
insert into screening_hits as h (app_id, sender_id, recipient_id, transaction_id, list, uid, screened_name, listed_name,
    score, decisive, confirmed, reasons, programme, found_at)
select $1, $2, $3, $4, m.list, m.uid, m.screened_name, m.listed_name, m.score, m.decisive, m.confirmed, m.reasons,
    m.programme, $5
from json_to_recordset($6) as m (list text, uid text, screened_name text, listed_name text, score integer,
    decisive boolean, confirmed boolean, reasons text[], programme text)
on conflict (app_id, sender_id, recipient_id, list, uid, screened_name) do update
    set listed_name = excluded.listed_name, score = excluded.score, decisive = excluded.decisive,
        confirmed = excluded.confirmed, reasons = excluded.reasons, programme = excluded.programme,
        found_at = excluded.found_at,
        dismissed_at = case
            when excluded.decisive and not h.decisive or excluded.confirmed and not h.confirmed then null
            else h.dismissed_at end
returning *, false as is_retired

-- name: dismiss_hits(app_id, sender_id, dismissed_at)
update screening_hits set dismissed_at = $3
where app_id = $1 and sender_id = $2 and recipient_id is null and dismissed_at is null

-- name: dismiss_hits_of_recipients(app_id, recipient_ids, dismissed_at)
update screening_hits set dismissed_at = $3
where app_id = $1 and recipient_id = any($2::uuid[]) and dismissed_at is null

-- name: hits_of_sender(app_id, sender_id)
select h.*, not exists (select from screening_lists l where l.name = h.list) as is_retired
from screening_hits h
where h.app_id = $1 and h.sender_id = $2 and h.recipient_id is null
order by h.score desc, h.list, h.uid

-- name: hits_of_recipients(app_id, recipient_ids)
select h.*, not exists (select from screening_lists l where l.name = h.list) as is_retired
from screening_hits h
where h.app_id = $1 and h.recipient_id = any($2::uuid[])
order by h.score desc, h.list, h.uid

-- name: has_open_hits(app_id, sender_id)
select exists (
    select from screening_hits h join screening_lists l on l.name = h.list
    where h.app_id = $1 and h.sender_id = $2 and h.recipient_id is null and h.dismissed_at is null)

-- name: open_hits(limit, offset)
-- For the operator, who looks at every app: app_id is among what it answers.
select h.*, false as is_retired
from screening_hits h
join screening_lists l on l.name = h.list
where h.dismissed_at is null
order by h.found_at desc, h.app_id, h.sender_id, h.score desc, h.list, h.uid, h.recipient_id
limit $1 offset $2

-- name: count_open_hits()
select count(*) from screening_hits h join screening_lists l on l.name = h.list where h.dismissed_at is null
