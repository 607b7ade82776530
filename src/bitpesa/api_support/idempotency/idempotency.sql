-- name: take_turn(lock_number)
-- A statement of its own before the answer is looked up, so that it sees what the one before committed.
select pg_try_advisory_xact_lock($1)

-- name: kept_answer(app_id, key)
select fingerprint, status, body from kept_answers where app_id = $1 and key = $2

-- name: keep_answer(app_id, key, fingerprint, status, body)
insert into kept_answers (app_id, key, fingerprint, status, body, created_at)
values ($1, $2, $3, $4, $5, clock_now($1))

-- name: delete_old_answers(age, most)
-- Of each app the oldest, by jumping from one to the next in the index: the clock of one app that was moved makes nobody
-- else's rows be read.
with recursive eldest as (
    (select app_id, created_at from kept_answers order by app_id, created_at limit 1)
    union all
    select following.app_id, following.created_at
    from eldest
    cross join lateral (
        select t.app_id, t.created_at from kept_answers t
        where t.app_id > eldest.app_id
        order by t.app_id, t.created_at
        limit 1
    ) as following
),
old as (
    select o.app_id, o.key
    from eldest
    cross join lateral (
        select t.app_id, t.key from kept_answers t
        where t.app_id = eldest.app_id and t.created_at < clock_now(eldest.app_id) - $1::interval
        order by t.created_at
        limit $2
    ) as o
    where eldest.created_at < clock_now(eldest.app_id) - $1::interval
    limit $2
)
delete from kept_answers t using old where t.app_id = old.app_id and t.key = old.key
