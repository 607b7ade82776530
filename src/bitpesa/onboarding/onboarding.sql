-- name: ticks(organisation_id)
select name, evidence, ticked_at
from onboarding_ticks
where organisation_id = $1

-- name: insert_tick(organisation_id, name, app_id, evidence)
-- Whoever looks at the same moment saw the same: the first one is kept.
insert into onboarding_ticks (organisation_id, name, app_id, evidence)
values ($1, $2, $3, $4)
on conflict do nothing

-- name: insert_request(organisation_id, id, asked_by, reason)
-- Answers no row while another request waits.
insert into onboarding_requests (organisation_id, id, asked_by, reason)
values ($1, $2, $3, $4)
on conflict do nothing
returning *

-- name: last_request(organisation_id)
select *
from onboarding_requests
where organisation_id = $1
order by asked_at desc, id desc
limit 1

-- name: lock_waiting(organisation_id)
select *
from onboarding_requests
where organisation_id = $1 and state = 'waiting'
for no key update

-- name: waiting()
select *
from onboarding_requests
where state = 'waiting'
order by asked_at, id

-- name: decide(organisation_id, id, state, decided_by, answer)
update onboarding_requests
set state = $3, decided_by = $4, answer = $5, decided_at = clock_timestamp()
where organisation_id = $1 and id = $2
returning *
