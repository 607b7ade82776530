-- name: insert_sender(app_id, id, external_id, type, state, onboarding_status, profile, metadata, created_at)
-- The unique key decides a race for one external_id; the loser gets no row and is told who won.
insert into senders (app_id, id, external_id, type, state, onboarding_status, profile, metadata, created_at, updated_at,
    screen_due_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, clock_timestamp())
on conflict on constraint a_sender_external_id_is_taken do nothing

-- name: update_sender(app_id, id, external_id, state, state_reason, onboarding_status, profile, metadata, updated_at)
update senders
set external_id = $3, state = $4, state_reason = $5, onboarding_status = $6, profile = $7, metadata = $8, updated_at = $9
where app_id = $1 and id = $2

-- name: set_onboarding_status(app_id, id, onboarding_status, updated_at)
-- Alone, so that it undoes nothing that others change meanwhile: whoever pays out does not hold the sender. It comes
-- with a transaction's lock in hand, so it must not wait for those who share the sender and wait for that transaction.
update senders set onboarding_status = $3, updated_at = $4
where app_id = $1 and id = $2
returning *

-- name: sender_by_id(app_id, id)
select * from senders where app_id = $1 and id = $2

-- name: sender_by_external_id(app_id, external_id)
select * from senders where app_id = $1 and external_id = $2

-- name: lock_sender(app_id, id)
-- The strongest lock, since it has to hold off those who share the sender.
select * from senders where app_id = $1 and id = $2 for update

-- name: share_sender(app_id, id)
-- Whoever relies on the sender's approval holds off those who would withdraw it. The weakest lock that does: one of its
-- payments may be noted meanwhile (`set_onboarding_status`).
select * from senders where app_id = $1 and id = $2 for key share

-- name: sender_with_version(app_id, id)
-- The transaction that wrote the row last: another one means that something of it changed.
select *, xmin::text as version from senders where app_id = $1 and id = $2

-- name: share_unchanged(rows)
-- As `share_sender`, for those that are still as they were read.
select s.id
from (
    select * from json_to_recordset($1) as known (app_id uuid, id uuid, version text)
    limit json_array_length($1)
) known
join senders s on s.app_id = known.app_id and s.id = known.id and s.xmin::text = known.version
for key share of s

-- name: senders_by_ids(app_id, ids)
select * from senders where app_id = $1 and id = any($2::uuid[])

-- name: list_senders(app_id, external_id, since, before, limit, offset)
select *, count(*) over () as total_count
from senders
where app_id = $1
  and ($2::text is null or external_id = $2)
  and ($3::timestamptz is null or created_at >= $3)
  and ($4::timestamptz is null or created_at < $4)
order by created_at desc, id desc
limit $5 offset $6

-- name: senders_waiting(app_ids, limit, offset)
-- For the operator, who looks at several apps. The oldest first: they wait longest.
select *, count(*) over () as total_count
from senders
where app_id = any($1::uuid[]) and state in ('initial', 'verified')
order by created_at, id
limit $2 offset $3

-- name: count_senders(app_id, external_id, since, before)
select count(*)
from senders
where app_id = $1
  and ($2::text is null or external_id = $2)
  and ($3::timestamptz is null or created_at >= $3)
  and ($4::timestamptz is null or created_at < $4)

-- name: ask_for_screening(app_id, id)
-- Its payments are not made before.
update senders set screen_due_at = clock_timestamp(), screened_for = null where app_id = $1 and id = $2

-- name: begin_round()
-- A list has changed, for every app. A round that is under way begins anew.
insert into screening_rounds default values
on conflict (is_the_one) do update
    set begun_at = excluded.begun_at, after_app_id = excluded.after_app_id, after_id = excluded.after_id

-- name: lock_round()
-- Answers no row when there is none, or somebody else goes on with it.
select after_app_id, after_id from screening_rounds for update skip locked

-- name: next_of_round(after_app_id, after_id, limit)
-- Locked in the order of ids, as by everybody who locks several.
with next as materialized (
    select app_id, id
    from senders
    where (app_id, id) > ($1, $2)
    order by app_id, id
    limit $3
    for no key update
), due as (
    update senders s set screen_due_at = clock_timestamp()
    from next
    where s.app_id = next.app_id and s.id = next.id and s.state <> 'disabled'
)
select app_id, id from next order by app_id, id

-- name: set_round(after_app_id, after_id)
update screening_rounds set after_app_id = $1, after_id = $2

-- name: end_round()
delete from screening_rounds

-- name: screening_standing()
-- For the operator, who looks at every app.
select (select begun_at from screening_rounds) as round_begun_at, count(*) as due
from senders
where screen_due_at is not null

-- name: claim_screenings(after, free, busy_apps, busy_counts, lease)
-- Apps take turns. Step 1: the apps that have somebody to look up, by jumping from one to the next in the index. Step 2:
-- those that have somebody due, in real time, from the one after the last on; each gets its share. Step 3: of each the
-- first that are due.
with recursive waiting as (
    (select t.app_id, t.screen_due_at as due_at from senders t where t.screen_due_at is not null order by t.app_id, t.screen_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from waiting w
    cross join lateral (
        select t.app_id, t.screen_due_at as due_at from senders t
        where t.screen_due_at is not null and t.app_id > w.app_id
        order by t.app_id, t.screen_due_at
        limit 1
    ) as following
),
turns as materialized (
    select w.app_id, date_trunc('milliseconds', clock_timestamp()) as app_time,
        least(($2 - 1) / count(*) over () + 1, ($2 - coalesce(b.busy, 0) + 1) / 2) as places
    from waiting w
    left join unnest($3::uuid[], $4::int[]) as b (app_id, busy) on b.app_id = w.app_id
    where w.due_at <= date_trunc('milliseconds', clock_timestamp()) and coalesce(b.busy, 0) < $2
    order by w.app_id <= $1, w.app_id
    limit $2
),
due as materialized (
    select mine.app_id, mine.id
    from turns
    cross join lateral (
        select t.app_id, t.id from senders t
        where t.app_id = turns.app_id and t.screen_due_at <= turns.app_time
          and t.id::text <> all ((select quarantined('screening'))::text[])
        order by t.screen_due_at
        limit turns.places
        for no key update skip locked
    ) as mine
    limit $2
)
update senders s set screen_due_at = clock_timestamp() + $5::interval
from due
where s.app_id = due.app_id and s.id = due.id
returning s.app_id, s.id, s.screen_due_at

-- name: claim_screenings_of(app_ids, ids, edition, lease)
-- Whose payouts are about to be made: they do not wait for their turn in a round. Locked in the order of ids.
with due as materialized (
    select s.app_id, s.id
    from unnest($1::uuid[], $2::uuid[]) as asked (app_id, id)
    join senders s on s.app_id = asked.app_id and s.id = asked.id
    where s.screened_for is distinct from $3
    order by s.app_id, s.id
    for no key update of s
)
update senders s set screen_due_at = clock_timestamp() + $4::interval
from due
where s.app_id = due.app_id and s.id = due.id
returning s.*

-- name: end_screening(app_id, id, claimed_until, screened_for)
-- Only as it was claimed: whoever changed the sender meanwhile has it looked up again.
update senders set screen_due_at = null, screened_for = $4 where app_id = $1 and id = $2 and screen_due_at = $3

-- name: senders_under_review(app_ids, ids)
select s.app_id, s.id
from unnest($1::uuid[], $2::uuid[]) as asked (app_id, id)
join senders s on s.app_id = asked.app_id and s.id = asked.id
where s.is_under_review

-- name: set_review(app_id, id, is_under_review, state_before_listed, updated_at)
update senders set is_under_review = $3, state_before_listed = $4, updated_at = $5 where app_id = $1 and id = $2
