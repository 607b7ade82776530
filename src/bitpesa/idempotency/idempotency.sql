-- name: take_turn(lock_number)
-- A statement of its own before the answer is looked up, so that it sees what the one before committed.
select pg_try_advisory_xact_lock($1)

-- name: kept_answer(app_id, key)
select fingerprint, status, body from kept_answers where app_id = $1 and key = $2

-- name: keep_answer(app_id, key, fingerprint, status, body)
insert into kept_answers (app_id, key, fingerprint, status, body, created_at)
values ($1, $2, $3, $4, $5, clock_now($1))

-- name: delete_old_answers(age, most)
-- The horizon lets the index rule out nearly everything; the clock of the app decides.
delete from kept_answers
where (app_id, key) in (
    select app_id, key
    from kept_answers
    where created_at < clock_horizon() - $1::interval and created_at < clock_now(app_id) - $1::interval
    limit $2
)
