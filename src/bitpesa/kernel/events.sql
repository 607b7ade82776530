-- name: record_events(rows)
-- `seq` is taken in the order of the rows; the lock that serialises an object's changes makes it the commit order too.
-- A payload lies in the rows as text, so that it is kept byte for byte.
insert into events (app_id, id, name, object_type, object_id, subject_id, payload, created_at)
select e.app_id, e.id, e.name, e.object_type, e.object_id, e.subject_id, e.payload,
    coalesce(e.created_at, clock_now(e.app_id))
from rows from (json_to_recordset($1) as (app_id uuid, id uuid, name text, object_type text, object_id uuid,
    subject_id uuid, payload text, created_at timestamptz))
    with ordinality as e (app_id, id, name, object_type, object_id, subject_id, payload, created_at, position)
order by e.position
returning seq

-- name: newest_event(app_id)
select coalesce(max(seq), 0) from events where app_id = $1

-- name: events_between(app_id, names, since, before, most)
-- Only those that were told: the others will be, and each is told once.
select app_id, seq, name, subject_id
from events
where app_id = $1 and name = any($2::text[]) and told
  and ($3::timestamptz is null or created_at >= $3)
  and ($4::timestamptz is null or created_at < $4)
order by seq
limit $5

-- name: take_turn_to_tell(turn)
-- One process tells at a time: two could tell the events of one story in the wrong order.
select pg_try_advisory_xact_lock($1)

-- name: mark_told(most)
-- A statement of its own after the turn was taken, so that it sees what the process before marked.
with untold as (
    select app_id, seq from events where not told order by seq limit $1
),
told as (
    update events e set told = true
    from untold u
    where e.app_id = u.app_id and e.seq = u.seq
    returning e.app_id, e.seq, e.name, e.subject_id
)
select app_id, seq, name, subject_id from told order by seq

-- name: events_by_seq(app_ids, seqs)
select e.app_id, e.seq, e.name, e.object_type, e.object_id, e.payload
from unnest($1::uuid[], $2::bigint[]) as wanted (app_id, seq)
join events e on e.app_id = wanted.app_id and e.seq = wanted.seq
