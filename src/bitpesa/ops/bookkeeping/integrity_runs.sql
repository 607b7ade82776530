-- What audits found, wherever they were run.

-- name: insert_audit(id, taken_at, run_by, run_by_id, checks, disagreements, report)
insert into audits (id, taken_at, run_by, run_by_id, checks, disagreements, report)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: audits(limit, offset)
select id, taken_at, run_by, run_by_id, checks, disagreements
from audits
order by seq desc
limit $1 offset $2

-- name: count_audits()
select count(*) from audits

-- name: audit(id)
select id, taken_at, run_by, run_by_id, checks, disagreements, report::text as report
from audits
where id = $1
