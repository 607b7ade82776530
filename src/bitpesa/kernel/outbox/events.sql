-- name: record_events(rows)
-- `seq` is taken in the order of the rows; the lock that serialises an object's changes makes it the commit order too.
-- A payload lies in the rows as text, so that it is kept byte for byte.
insert into events (app_id, id, name, object_type, object_id, subject_id, payload, created_at, request_id)
select e.app_id, e.id, e.name, e.object_type, e.object_id, e.subject_id, e.payload,
    coalesce(e.created_at, clock_now(e.app_id)), e.request_id
from rows from (json_to_recordset($1) as (app_id uuid, id uuid, name text, object_type text, object_id uuid,
    subject_id uuid, payload text, created_at timestamptz, request_id uuid))
    with ordinality as e (app_id, id, name, object_type, object_id, subject_id, payload, created_at, request_id, position)
order by e.position
returning app_id, seq, name, subject_id

-- name: queue_events(rows) after record_events
-- What record_events has just written waits to be told. Of its rows there is nothing to be said but that each is there.
insert into untold_events (app_id, seq, name, subject_id)
select app_id, seq, name, subject_id
from record_events
order by seq
limit json_array_length($1)
returning seq

-- name: newest_event(app_id)
select coalesce(max(seq), 0) from events where app_id = $1

-- name: events_between(app_id, names, since, before, most)
-- Only those that were told: the others will be, and each is told once. Shared, so that none of them is forgotten before
-- what is made of them is written.
select e.app_id, e.seq, e.name, e.subject_id
from events e
where e.app_id = $1 and e.name = any($2::text[]) and not exists (select from untold_events u where u.app_id = e.app_id and u.seq = e.seq)
  and ($3::timestamptz is null or e.created_at >= $3)
  and ($4::timestamptz is null or e.created_at < $4)
order by e.seq
limit $5
for key share

-- name: take_turn_to_tell(turn)
-- One process tells at a time: two could tell the events of one story in the wrong order.
select pg_try_advisory_xact_lock($1)

-- name: take_untold(after, most, most_per_app)
-- A statement of its own after the turn was taken, so that it sees what the process before took. Apps take turns: the
-- oldest few events of each, from the app after the last on. A story that could not be told is left out for now.
with recursive waiting as (
    (select u.app_id from untold_events u order by u.app_id limit 1)
    union all
    select (select u.app_id from untold_events u where u.app_id > w.app_id order by u.app_id limit 1)
    from waiting w
    where w.app_id is not null
),
turns as materialized (
    select w.app_id, least(($2 - 1) / count(*) over () + 1, $3) as share
    from waiting w
    where w.app_id is not null
    order by w.app_id <= $1, w.app_id
    limit $2
),
oldest as materialized (
    select mine.app_id, mine.seq
    from turns
    cross join lateral (
        select u.app_id, u.seq from untold_events u
        where u.app_id = turns.app_id and u.subject_id::text <> all ((select quarantined('events'))::text[])
        order by u.seq
        limit turns.share
    ) as mine
    limit $2
),
taken as (
    delete from untold_events u
    using oldest
    where u.app_id = oldest.app_id and u.seq = oldest.seq
    returning u.app_id, u.seq, u.name, u.subject_id
)
select app_id, seq, name, subject_id from taken order by seq

-- name: untold_stories(after, most, most_per_app)
-- The stories that take_untold would take events of, which are left where they are.
with recursive waiting as (
    (select u.app_id from untold_events u order by u.app_id limit 1)
    union all
    select (select u.app_id from untold_events u where u.app_id > w.app_id order by u.app_id limit 1)
    from waiting w
    where w.app_id is not null
),
turns as materialized (
    select w.app_id, least(($2 - 1) / count(*) over () + 1, $3) as share
    from waiting w
    where w.app_id is not null
    order by w.app_id <= $1, w.app_id
    limit $2
)
select distinct mine.app_id, mine.subject_id
from turns
cross join lateral (
    select u.app_id, u.subject_id from untold_events u
    where u.app_id = turns.app_id and u.subject_id::text <> all ((select quarantined('events'))::text[])
    order by u.seq
    limit turns.share
) as mine

-- name: take_untold_of(app_id, subject_id)
with taken as (
    delete from untold_events
    where app_id = $1 and subject_id = $2
    returning app_id, seq, name, subject_id
)
select app_id, seq, name, subject_id from taken order by seq

-- name: events_by_seq(app_ids, seqs)
-- One by one: for so few the planner would read the whole table.
select found.*
from unnest($1::uuid[], $2::bigint[]) as wanted (app_id, seq)
cross join lateral (
    select e.app_id, e.seq, e.name, e.object_type, e.object_id, e.payload, e.request_id
    from events e
    where e.app_id = wanted.app_id and e.seq = wanted.seq
    limit 1
) as found

-- name: delete_old_events(age, most, most_per_app)
-- Of each app the oldest, found through its key, which grows with time: no index is kept for forgetting alone, and the
-- clock of one app that was moved makes nobody else's rows be read.
with recursive eldest as (
    (select app_id, created_at from events order by app_id, seq limit 1)
    union all
    select following.app_id, following.created_at
    from eldest
    cross join lateral (
        select t.app_id, t.created_at from events t
        where t.app_id > eldest.app_id
        order by t.app_id, t.seq
        limit 1
    ) as following
),
old as (
    select o.app_id, o.seq
    from eldest
    cross join lateral (
        select t.app_id, t.seq, t.created_at from events t
        where t.app_id = eldest.app_id
        order by t.seq
        limit $3
    ) as o
    where eldest.created_at < clock_now(eldest.app_id) - $1::interval
      and o.created_at < clock_now(o.app_id) - $1::interval
      and not exists (select from untold_events u where u.app_id = o.app_id and u.seq = o.seq)
    limit $2
)
delete from events t using old where t.app_id = old.app_id and t.seq = old.seq
