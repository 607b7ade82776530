-- name: insert_api_logs(app_ids, ids, methods, urls, request_headers, request_bodies, statuses, response_headers, response_bodies, moments)
insert into api_logs (
    app_id, id, request_method, request_url, request_headers, request_body,
    response_status, response_headers, response_body, created_at
)
select l.app_id, l.id, l.method, l.url, l.request_headers, l.request_body,
    l.status, l.response_headers, l.response_body, coalesce(l.moment, clock_now(l.app_id))
from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::json[], $6::text[], $7::int[], $8::json[], $9::text[],
    $10::timestamptz[]
) as l (
    app_id, id, method, url, request_headers, request_body, status, response_headers, response_body, moment
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

-- name: answered_api_logs(app_id, method, path, limit)
select *
from api_logs
where app_id = $1 and response_status / 100 = 2
  and ($2::text is null or request_method = $2)
  and request_url ~ $3
order by created_at, id
limit $4

-- name: delete_old_api_logs(age, most)
-- The horizon lets the index rule out nearly everything; the clock of the app decides.
delete from api_logs
where (app_id, id) in (
    select app_id, id
    from api_logs
    where created_at < clock_horizon() - $1::interval and created_at < clock_now(app_id) - $1::interval
    limit $2
)
