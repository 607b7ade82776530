-- name: insert_webhook(app_id, id, api_key_id, sandbox, url, events, metadata, after_event)
insert into webhooks (app_id, id, api_key_id, sandbox, url, events, metadata, after_event, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, clock_now($1))
returning *

-- name: take_turn_to_register(turn)
select pg_advisory_xact_lock(hashtextextended($1, 0))

-- name: webhook_by_id(app_id, id)
select * from webhooks where app_id = $1 and id = $2 and deleted_at is null

-- name: list_webhooks(app_id, limit, offset)
select *, count(*) over () as total_count
from webhooks
where app_id = $1 and deleted_at is null
order by created_at desc, id desc
limit $2 offset $3

-- name: count_webhooks(app_id)
select count(*) from webhooks where app_id = $1 and deleted_at is null

-- name: delete_webhook(app_id, id)
-- The row stays, for the deliveries and logs that name it.
update webhooks set deleted_at = clock_now($1)
where app_id = $1 and id = $2 and deleted_at is null
returning *

-- name: enable_webhook(app_id, id)
update webhooks set disabled_at = null, timeouts_in_a_row = 0
where app_id = $1 and id = $2 and deleted_at is null
returning *

-- name: share_webhook(app_id, id)
-- Shared as share_subscribers does, until what is delivered once more is written.
select * from webhooks where app_id = $1 and id = $2 and deleted_at is null for share

-- name: send_again(app_id, id)
-- What a process is at just now is left to it.
update webhook_deliveries
set state = 'waiting', tries = 0, due_at = clock_now($1), leased_until = null
where app_id = $1 and id = $2 and (leased_until is null or leased_until <= clock_timestamp())

-- name: replay_deliveries(app_ids, ids, webhook_ids, seqs, subject_ids)
-- As send_again, and what was never on its way to the webhook begins now.
insert into webhook_deliveries as w (app_id, id, webhook_id, event_seq, subject_id, state, due_at, created_at)
select d.app_id, d.id, d.webhook_id, d.seq, d.subject_id, 'waiting', clock_now(d.app_id), clock_now(d.app_id)
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::uuid[]) as d (app_id, id, webhook_id, seq, subject_id)
on conflict (app_id, webhook_id, event_seq) do update
    set state = 'waiting', tries = 0, due_at = excluded.due_at, leased_until = null
    where w.leased_until is null or w.leased_until <= clock_timestamp()

-- name: drop_waiting(app_ids, webhook_ids)
update webhook_deliveries d
set state = 'dropped', due_at = null, leased_until = null
from unnest($1::uuid[], $2::uuid[]) as w (app_id, webhook_id)
where d.app_id = w.app_id and d.webhook_id = w.webhook_id and d.state = 'waiting'

-- name: share_subscribers(app_ids)
-- Shared until the deliveries are written: whoever disables or deletes a webhook then sees all of them, and drops them.
select * from webhooks
where app_id = any($1::uuid[]) and disabled_at is null and deleted_at is null
order by app_id, id
for share

-- name: share_listeners(app_id)
-- As share_subscribers, without what may not be readable.
select app_id, id, events, after_event from webhooks
where app_id = $1 and disabled_at is null and deleted_at is null
order by id
for share

-- name: insert_deliveries(app_ids, ids, webhook_ids, seqs, subject_ids, at_once, lease)
-- Those that may go at once are claimed by this, unless an earlier event of their story is still untried, or something else
-- waits for their webhook already and is due: that goes first. Answers which.
with begun as (
    insert into webhook_deliveries (app_id, id, webhook_id, event_seq, subject_id, state, due_at, created_at, leased_until)
    select d.app_id, d.id, d.webhook_id, d.seq, d.subject_id, 'waiting', clock_now(d.app_id), clock_now(d.app_id),
        case when d.at_once and (
            select untried.event_seq from webhook_deliveries untried
            where untried.app_id = d.app_id and untried.webhook_id = d.webhook_id
              and untried.subject_id = d.subject_id and untried.state = 'waiting' and untried.tries = 0
            order by untried.event_seq
            limit 1
        ) is null and (
            select due.event_seq from webhook_deliveries due
            where due.app_id = d.app_id and due.webhook_id = d.webhook_id and due.state = 'waiting'
              and due.due_at <= clock_now(d.app_id)
              and (due.leased_until is null or due.leased_until <= clock_timestamp())
            order by due.due_at, due.event_seq
            limit 1
        ) is null then clock_timestamp() + $7 end
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::uuid[], $6::boolean[])
        as d (app_id, id, webhook_id, seq, subject_id, at_once)
    returning id, leased_until
)
select id from begun where leased_until is not null

-- name: claim_deliveries(most, most_per_webhook, busy_webhooks, busy_counts, lease, busy_apps, busy_app_counts, most_per_endpoint, busy_endpoints, busy_endpoint_counts, slow_endpoints, only_slow)
-- Step 1: the webhooks that deliveries wait for, by jumping from one to the next in the index, each with its first.
with recursive waited_for as (
    (select app_id, webhook_id, due_at from webhook_deliveries
     where state = 'waiting' order by app_id, webhook_id, due_at, event_seq limit 1)
    union all
    select following.app_id, following.webhook_id, following.due_at
    from waited_for w
    cross join lateral (
        select d.app_id, d.webhook_id, d.due_at
        from webhook_deliveries d
        where d.state = 'waiting' and (d.app_id, d.webhook_id) > (w.app_id, w.webhook_id)
        order by d.app_id, d.webhook_id, d.due_at, d.event_seq
        limit 1
    ) as following
),
-- Step 2: those that have something due, in this lane, and how many more of each, of its endpoint and of its app may be
-- sent at once: of an app never more than half of what it leaves to others.
ready as materialized (
    select w.*, n.endpoint, coalesce(c.app_time, date_trunc('milliseconds', clock_timestamp())) as app_time,
        $2 - coalesce(b.sending, 0) as room, ($1 - coalesce(a.sending, 0) + 1) / 2 as app_room,
        $8 - coalesce(e.sending, 0) as endpoint_room
    from waited_for
    join webhooks w on w.app_id = waited_for.app_id and w.id = waited_for.webhook_id
    cross join lateral (select w.app_id || ' ' || coalesce(lower(substring(w.url from '^[^:]+://[^/?#]*')), '') as endpoint) as n
    left join moved_clocks() c on c.app_id = w.app_id
    left join unnest($3::uuid[], $4::int[]) as b (webhook_id, sending) on b.webhook_id = w.id
    left join unnest($6::uuid[], $7::int[]) as a (app_id, sending) on a.app_id = w.app_id
    left join unnest($9::text[], $10::int[]) as e (endpoint, sending) on e.endpoint = n.endpoint
    where w.disabled_at is null and w.deleted_at is null and coalesce(b.sending, 0) < $2
      and waited_for.due_at <= coalesce(c.app_time, date_trunc('milliseconds', clock_timestamp()))
      and (n.endpoint = any($11::text[])) = $12
      and w.id::text <> all ((select quarantined('deliveries'))::text[])
),
-- Step 3: whose turn it is. Apps take turns, and so do the webhooks of each, in any order, so that nobody is always last.
receivers as materialized (
    select r.*, least(r.room, greatest(r.app_room / count(*) over (partition by r.app_id), 1),
            greatest(r.endpoint_room / count(*) over (partition by r.endpoint), 1)) as places,
        row_number() over (partition by r.app_id order by random()) as turn,
        row_number() over (partition by r.endpoint order by random()) as turn_at_endpoint
    from ready r
),
-- Step 4: of each the first that are due, that no process is at, and whose story has no earlier untried event. Both come
-- in the order of an index, so that only as many are looked at as there is room for, however many wait; asked by
-- `exists`, a planner without statistics (after a crash, say) once walked over the whole backlog for each of it.
claimed as (
    select r.*, due.delivery_id
    from (
        select * from receivers
        where turn <= app_room and turn_at_endpoint <= endpoint_room
        order by turn, random()
    ) r
    cross join lateral (
        select d.id as delivery_id
        from webhook_deliveries d
        where d.app_id = r.app_id and d.webhook_id = r.id and d.state = 'waiting' and d.due_at <= r.app_time
          and (d.leased_until is null or d.leased_until <= clock_timestamp())
          and d.id::text <> all ((select quarantined('deliveries'))::text[])
          and d.event_seq <= coalesce((
              select untried.event_seq from webhook_deliveries untried
              where untried.app_id = d.app_id and untried.webhook_id = d.webhook_id
                and untried.subject_id = d.subject_id and untried.state = 'waiting' and untried.tries = 0
              order by untried.event_seq
              limit 1
          ), d.event_seq)
        order by d.due_at, d.event_seq
        limit r.places
        for update of d skip locked
    ) as due
    limit $1
)
update webhook_deliveries d
set leased_until = clock_timestamp() + $5
from claimed c
where d.app_id = c.app_id and d.id = c.delivery_id
returning c.*, d.event_seq, d.subject_id, d.tries

-- name: claim_following(app_ids, webhook_ids, subject_ids, lease)
-- The next of each story, for a webhook that has just let its place go; as claim_deliveries has it, and in its words.
with following as (
    select w.*, due.delivery_id
    from (select distinct * from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as s (app_id, webhook_id, subject_id)) as story
    join webhooks w on w.app_id = story.app_id and w.id = story.webhook_id
    cross join lateral (
        select d.id as delivery_id
        from webhook_deliveries d
        where d.app_id = story.app_id and d.webhook_id = story.webhook_id and d.subject_id = story.subject_id
          and d.state = 'waiting' and d.tries = 0 and d.due_at <= clock_now(d.app_id)
          and (d.leased_until is null or d.leased_until <= clock_timestamp())
          and d.event_seq = (
              select untried.event_seq from webhook_deliveries untried
              where untried.app_id = d.app_id and untried.webhook_id = d.webhook_id
                and untried.subject_id = d.subject_id and untried.state = 'waiting' and untried.tries = 0
              order by untried.event_seq
              limit 1
          )
        for update of d skip locked
    ) as due
    where w.disabled_at is null and w.deleted_at is null
)
update webhook_deliveries d
set leased_until = clock_timestamp() + $4
from following f
where d.app_id = f.app_id and d.id = f.delivery_id
returning f.*, d.event_seq, d.subject_id, d.tries

-- name: lock_timeouts(app_ids, ids, timed_out)
-- Only those whose count may change; locked in id order, before their deliveries, as everyone does.
select w.app_id, w.id, w.timeouts_in_a_row
from webhooks w
join unnest($1::uuid[], $2::uuid[], $3::boolean[]) as t (app_id, id, timed_out) on t.app_id = w.app_id and t.id = w.id
where w.disabled_at is null and (t.timed_out or w.timeouts_in_a_row > 0)
order by w.app_id, w.id
for no key update of w

-- name: update_timeouts(app_ids, ids, counts, disabled)
update webhooks w
set timeouts_in_a_row = t.count, disabled_at = case when t.disabled then clock_now(w.app_id) end
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::boolean[]) as t (app_id, id, count, disabled)
where w.app_id = t.app_id and w.id = t.id

-- name: record_attempts(app_ids, ids, tries, states, waits)
-- Conditional: a delivery that was dropped meanwhile, or that another process took over, is left as it is.
update webhook_deliveries d
set state = a.state,
    tries = d.tries + 1,
    due_at = case when a.state = 'waiting' then clock_now(d.app_id) + a.wait end,
    leased_until = null
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::interval[]) as a (app_id, id, tries, state, wait)
where d.app_id = a.app_id and d.id = a.id and d.state = 'waiting' and d.tries = a.tries
returning d.id

-- name: insert_logs(app_ids, ids, webhook_ids, event_seqs, messages, metadata)
insert into webhook_logs (app_id, id, webhook_id, event_seq, message, metadata, created_at)
select l.app_id, l.id, l.webhook_id, l.event_seq, l.message, l.metadata, clock_now(l.app_id)
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::json[])
    as l (app_id, id, webhook_id, event_seq, message, metadata)

-- name: log_by_id(app_id, id)
select * from webhook_logs where app_id = $1 and id = $2

-- name: list_logs(app_id, webhook_id, since, before, limit, offset)
select *
from webhook_logs
where app_id = $1
  and ($2::uuid is null or webhook_id = $2)
  and ($3::timestamptz is null or created_at >= $3)
  and ($4::timestamptz is null or created_at < $4)
order by created_at desc, id desc
limit $5 offset $6

-- name: count_logs(app_id, webhook_id, since, before)
select count(*)
from webhook_logs
where app_id = $1
  and ($2::uuid is null or webhook_id = $2)
  and ($3::timestamptz is null or created_at >= $3)
  and ($4::timestamptz is null or created_at < $4)

-- name: newest_messages(app_id, most)
-- Of each webhook the newest among the newest of all: a webhook that nothing was sent to for long is not looked for.
select distinct on (newest.webhook_id) newest.webhook_id, newest.message
from (
    select webhook_id, message, created_at, id
    from webhook_logs
    where app_id = $1
    order by created_at desc, id desc
    limit $2
) as newest
order by newest.webhook_id, newest.created_at desc, newest.id desc

-- name: attempts_by_day(app_id, webhook_id, since)
-- The message of a log ends with what became of the attempt.
select (created_at at time zone 'UTC')::date as day, count(*) as attempts,
    count(*) filter (where message like '% delivered!') as delivered
from webhook_logs
where app_id = $1 and webhook_id = $2 and created_at >= $3
group by 1
order by 1

-- name: first_delivered(app_id, prefix)
select *
from webhook_logs
where app_id = $1 and starts_with(metadata ->> 'event', $2) and message like '% delivered!'
order by created_at, id
limit 1

-- name: delete_old_logs(age, most)
-- Of each app the oldest, found through the index of its lists: none is kept for forgetting alone, and the clock of one
-- app that was moved makes nobody else's rows be read.
with recursive eldest as (
    (select app_id, created_at from webhook_logs order by app_id desc, created_at, id limit 1)
    union all
    select following.app_id, following.created_at
    from eldest
    cross join lateral (
        select t.app_id, t.created_at from webhook_logs t
        where t.app_id < eldest.app_id
        order by t.app_id desc, t.created_at, t.id
        limit 1
    ) as following
),
old as (
    select o.app_id, o.id
    from eldest
    cross join lateral (
        select t.app_id, t.id from webhook_logs t
        where t.app_id = eldest.app_id and t.created_at < clock_now(eldest.app_id) - $1::interval
        order by t.created_at
        limit $2
    ) as o
    where eldest.created_at < clock_now(eldest.app_id) - $1::interval
    limit $2
)
delete from webhook_logs t using old where t.app_id = old.app_id and t.id = old.id

-- name: delete_old_deliveries(age, most, most_per_app)
-- Of each app the oldest, found through its key, which grows with time: no index is kept for forgetting alone, and the
-- clock of one app that was moved makes nobody else's rows be read. What waits is kept.
with recursive eldest as (
    (select app_id, created_at from webhook_deliveries order by app_id, id limit 1)
    union all
    select following.app_id, following.created_at
    from eldest
    cross join lateral (
        select t.app_id, t.created_at from webhook_deliveries t
        where t.app_id > eldest.app_id
        order by t.app_id, t.id
        limit 1
    ) as following
),
old as (
    select o.app_id, o.id
    from eldest
    cross join lateral (
        select t.app_id, t.id, t.created_at, t.state from webhook_deliveries t
        where t.app_id = eldest.app_id
        order by t.id
        limit $3
    ) as o
    where eldest.created_at < clock_now(eldest.app_id) - $1::interval
      and o.created_at < clock_now(o.app_id) - $1::interval and o.state <> 'waiting'
    limit $2
)
delete from webhook_deliveries t using old
where t.app_id = old.app_id and t.id = old.id and t.state <> 'waiting'
