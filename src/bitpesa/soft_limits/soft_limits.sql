-- name: add_counts(app_ids, names, subject_ids, since, counts)
-- In the order given, which is the same for every process: nobody waits for another in a circle.
insert into call_counts as c (app_id, name, subject_id, since, count)
select n.app_id, n.name, n.subject_id, n.since, n.count
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[], $5::int[])
    with ordinality as n (app_id, name, subject_id, since, count, position)
order by n.position
on conflict (app_id, name, subject_id, since) do update set count = c.count + excluded.count
returning app_id, name, subject_id, since, count

-- name: counts_of_app(app_id, whole_app, since)
select name, count from call_counts where app_id = $1 and subject_id = $2 and since = $3

-- name: delete_old_counts(whole_app, age, age_of_parts, most)
-- The horizon lets the index rule out nearly everything; the clock of the app decides.
delete from call_counts
where (app_id, name, subject_id, since) in (
    select app_id, name, subject_id, since
    from call_counts
    where since < clock_horizon() - least($2::interval, $3::interval)
      and since < clock_now(app_id) - case when subject_id = $1 then $2::interval else $3::interval end
    limit $4
)
