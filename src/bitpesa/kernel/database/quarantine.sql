-- name: quarantine(topic, keys, app_ids, problems, delays)
-- Each failure doubles the wait as often as it may; after the last delay the row waits for staff.
insert into quarantined_rows as q (topic, key, app_id, problem, retry_at)
select $1, f.key, f.app_id, f.problem, clock_timestamp() + ($5::interval[])[1]
from unnest($2::text[], $3::uuid[], $4::text[]) as f (key, app_id, problem)
on conflict (topic, key) do update
    set failures = q.failures + 1, problem = excluded.problem, failed_at = clock_timestamp(),
        retry_at = clock_timestamp() + ($5::interval[])[q.failures + 1]
returning key, app_id, failures, retry_at is null as waits_for_staff

-- name: quarantined_rows(limit)
-- For the operator, who looks at every app: app_id is among what it answers.
select topic, key, app_id, failures, problem, first_failed_at, failed_at, retry_at
from quarantined_rows
order by retry_at is not null, failed_at desc
limit $1

-- name: release_quarantined(topic, key)
-- Staff say that it may be tried again.
delete from quarantined_rows where topic = $1 and key = $2

-- name: forget_quarantined(age)
-- What was to be tried again so long ago, and has not failed since, has succeeded.
delete from quarantined_rows where retry_at < clock_timestamp() - $1::interval
