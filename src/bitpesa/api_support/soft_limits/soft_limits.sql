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
-- Of each app the oldest, by jumping from one to the next in the index: the clock of one app that was moved makes nobody
-- else's rows be read.
with recursive eldest as (
    (select app_id, since from call_counts order by app_id, since limit 1)
    union all
    select following.app_id, following.since
    from eldest
    cross join lateral (
        select t.app_id, t.since from call_counts t
        where t.app_id > eldest.app_id
        order by t.app_id, t.since
        limit 1
    ) as following
),
old as (
    select o.app_id, o.name, o.subject_id, o.since
    from eldest
    cross join lateral (
        select t.app_id, t.name, t.subject_id, t.since from call_counts t
        where t.app_id = eldest.app_id
          and t.since < clock_now(eldest.app_id) - case when t.subject_id = $1 then $2::interval else $3::interval end
        order by t.since
        limit $4
    ) as o
    where eldest.since < clock_now(eldest.app_id) - least($2::interval, $3::interval)
    limit $4
)
delete from call_counts t using old
where t.app_id = old.app_id and t.name = old.name and t.subject_id = old.subject_id and t.since = old.since
