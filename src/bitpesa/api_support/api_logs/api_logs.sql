-- name: insert_api_logs(app_ids, ids, methods, urls, request_headers, request_bodies, statuses, response_headers, response_bodies, moments, explanations)
insert into api_logs (
    app_id, id, request_method, request_url, request_headers, request_body,
    response_status, response_headers, response_body, created_at, explanation
)
select l.app_id, l.id, l.method, l.url, l.request_headers, l.request_body,
    l.status, l.response_headers, l.response_body, coalesce(l.moment, clock_now(l.app_id)), l.explanation
from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::json[], $6::text[], $7::int[], $8::json[], $9::text[],
    $10::timestamptz[], $11::json[]
) as l (
    app_id, id, method, url, request_headers, request_body, status, response_headers, response_body, moment,
    explanation
)
on conflict do nothing

-- name: api_log(app_id, id)
select * from api_logs where app_id = $1 and id = $2

-- name: list_api_logs(app_id, since, before, method, outcome, text, limit, offset)
select *
from api_logs
where app_id = $1
  and ($2::timestamptz is null or created_at >= $2)
  and ($3::timestamptz is null or created_at < $3)
  and ($4::text is null or request_method = $4)
  and ($5::int is null or response_status / 100 = $5)
  and ($6::text is null or strpos(lower(request_url), lower($6)) > 0)
order by created_at desc, id desc
limit $7 offset $8

-- name: count_api_logs(app_id, since, before, method, outcome, text)
select count(*)
from api_logs
where app_id = $1
  and ($2::timestamptz is null or created_at >= $2)
  and ($3::timestamptz is null or created_at < $3)
  and ($4::text is null or request_method = $4)
  and ($5::int is null or response_status / 100 = $5)
  and ($6::text is null or strpos(lower(request_url), lower($6)) > 0)

-- name: calls_not_let_in(app_id, limit)
select *
from api_logs
where app_id = $1 and response_status = 401
order by created_at desc, id desc
limit $2

-- name: answered_api_logs(app_id, method, path, limit)
select *
from api_logs
where app_id = $1 and response_status / 100 = 2
  and ($2::text is null or request_method = $2)
  and request_url ~ $3
order by created_at, id
limit $4

-- name: delete_old_api_logs(age, most)
-- Of each app the oldest, found through the index of its lists: none is kept for forgetting alone, and the clock of one
-- app that was moved makes nobody else's rows be read.
with recursive eldest as (
    (select app_id, created_at from api_logs order by app_id desc, created_at, id limit 1)
    union all
    select following.app_id, following.created_at
    from eldest
    cross join lateral (
        select t.app_id, t.created_at from api_logs t
        where t.app_id < eldest.app_id
        order by t.app_id desc, t.created_at, t.id
        limit 1
    ) as following
),
old as (
    select o.app_id, o.id
    from eldest
    cross join lateral (
        select t.app_id, t.id from api_logs t
        where t.app_id = eldest.app_id and t.created_at < clock_now(eldest.app_id) - $1::interval
        order by t.created_at
        limit $2
    ) as o
    where eldest.created_at < clock_now(eldest.app_id) - $1::interval
    limit $2
)
delete from api_logs t using old where t.app_id = old.app_id and t.id = old.id
