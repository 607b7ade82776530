-- The files that were made, and when the next ones are due.

-- name: begin_report(app_id, type, cadence, starts_on, made_at)
-- Whoever makes the same file at the same time waits here, and then makes the next edition.
insert into reports as r (app_id, type, cadence, starts_on, made_at)
values ($1, $2, $3, $4, $5)
on conflict on constraint one_report_per_type_and_period do update
    set edition = r.edition + 1, made_at = excluded.made_at
returning edition

-- name: delete_pieces(app_id, type, cadence, starts_on)
delete from report_pieces
where app_id = $1 and type = $2 and cadence = $3 and starts_on = $4

-- name: insert_piece(app_id, type, cadence, starts_on, edition, position, content)
insert into report_pieces (app_id, type, cadence, starts_on, edition, position, content)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: end_report(app_id, type, cadence, starts_on, row_count, size_bytes)
update reports set row_count = $5, size_bytes = $6
where app_id = $1 and type = $2 and cadence = $3 and starts_on = $4
returning *

-- name: report(app_id, type, cadence, starts_on)
select * from reports
where app_id = $1 and type = $2 and cadence = $3 and starts_on = $4

-- name: reports_of_app(app_id, type)
select * from reports
where app_id = $1 and ($2::text is null or type = $2)
order by cadence desc, starts_on, type

-- name: piece(app_id, type, cadence, starts_on, edition, position)
select content from report_pieces
where app_id = $1 and type = $2 and cadence = $3 and starts_on = $4 and edition = $5 and position = $6

-- name: apps_without_schedules(most)
-- With the first moment of each app that a report could tell of: a worker that was away then still reports it.
select a.id as app_id, least(
    clock_now(a.id),
    (select min(t.created_at) from transactions t where t.app_id = a.id),
    (select min(p.app_time) from ledger_postings p where p.app_id = a.id)) as since
from apps a
where not exists (select from report_schedules s where s.app_id = a.id)
order by a.id
limit $1

-- name: schedules_ahead(most)
-- Whose clock was moved back: what comes next lies in a time that the app has not reached again.
select s.app_id, s.cadence, clock_now(s.app_id) as now
from report_schedules s
where (s.due_at > clock_timestamp() + interval '1 day' or exists (select from app_clocks c where c.app_id = s.app_id))
  and s.next_on > (clock_now(s.app_id) at time zone 'UTC')::date
order by s.app_id, s.cadence
limit $1

-- name: open_schedules(app_id, cadences, next_ons, due_ats)
-- All of an app at once, and nothing when somebody else was faster.
insert into report_schedules (app_id, cadence, next_on, due_at)
select $1, s.cadence, s.next_on, s.due_at
from unnest($2::text[], $3::date[], $4::timestamptz[]) as s (cadence, next_on, due_at)
on conflict do nothing

-- name: set_schedule(app_id, cadence, next_on, due_at)
update report_schedules set next_on = $3, due_at = $4
where app_id = $1 and cadence = $2

-- name: due_schedules(after, batch)
-- In turns between apps, from the one after the last on: there are only few rows of each.
select s.app_id, s.cadence
from report_schedules s
left join moved_clocks() c on c.app_id = s.app_id
where s.due_at <= coalesce(c.app_time, clock_timestamp())
  and s.app_id || '/' || s.cadence <> all ((select quarantined('reports'))::text[])
order by s.app_id <= $1, s.app_id, s.cadence
limit $2

-- name: lock_due_schedule(app_id, cadence)
-- Another worker that is at it is not waited for.
select next_on, clock_now(app_id) as now
from report_schedules
where app_id = $1 and cadence = $2 and due_at <= clock_now(app_id)
for no key update skip locked
