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

-- name: sign_mandate(app_id, id, now)
update mandates set status = 'signed', signed_at = $3, updated_at = $3
where app_id = $1 and id = $2 and status in ('pending', 'notified')
