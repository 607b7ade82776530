-- name: start_mandate(app_id, id, beneficiary, year, type_id, reference, now)
-- The index decides a race for one beneficiary; the loser finds the winner's.
insert into mandates (app_id, id, beneficiary, year, status, type_id, reference, created_at, updated_at)
values ($1, $2, $3, $4, 'pending', $5, $6, $7, $7)
on conflict (app_id, beneficiary, year) where status <> 'failed' do nothing
returning *

-- name: mandate_for(app_id, beneficiary, year)
-- Shared, so that whoever sees it unsigned and lets a payout wait for it is seen by whoever signs it.
select * from mandates
where app_id = $1 and beneficiary = $2 and year = $3 and status <> 'failed'
for share

-- name: mandate_by_id(app_id, id)
select * from mandates where app_id = $1 and id = $2

-- name: end_mandate(app_id, id, status, now)
update mandates
set status = $3, signed_at = case when $3 = 'signed' then $4::timestamptz end, updated_at = $4
where app_id = $1 and id = $2 and status in ('pending', 'notified')

-- name: unsigned_mandates(app_id, limit, offset)
-- For the operator, who looks at every app unless one is named. The oldest first: they wait longest.
select *, count(*) over () as total_count
from mandates
where ($1::uuid is null or app_id = $1) and status in ('pending', 'notified')
order by created_at, id
limit $2 offset $3
