-- name: insert_recipients(rows)
-- JSON lies in the rows as text: inside JSON of its own it could not hold every text.
insert into recipients (app_id, transaction_id, id, position, type, state, requested_minor, requested_currency,
    input_minor, input_currency, output_minor, output_currency, fee_minor, input_usd_minor, rate, payout_method_id,
    payout_type, details, payout_method_metadata, metadata, mandate_id, attempt_due_at, refund_due_at, created_at,
    updated_at)
select r.app_id, r.transaction_id, r.id, r.position, r.type, r.state, r.requested_minor, r.requested_currency,
    r.input_minor, r.input_currency, r.output_minor, r.output_currency, r.fee_minor, r.input_usd_minor, r.rate,
    r.payout_method_id, r.payout_type, r.details::json, r.payout_method_metadata::json, r.metadata::json, r.mandate_id, r.attempt_due_at,
    r.refund_due_at, r.created_at, r.created_at
from json_to_recordset($1) as r (app_id uuid, transaction_id uuid, id uuid, position integer, type text, state text, requested_minor bigint,
    requested_currency text, input_minor bigint, input_currency text, output_minor bigint, output_currency text,
    fee_minor bigint, input_usd_minor bigint, rate numeric, payout_method_id uuid, payout_type text, details text,
    payout_method_metadata text, metadata text, mandate_id uuid, attempt_due_at timestamptz,
    refund_due_at timestamptz, created_at timestamptz)
returning id

-- name: update_recipient(app_id, id, state, state_reason, result_code, input_minor, output_minor, fee_minor, input_usd_minor, details, metadata, system_metadata, left_before_funding, attempt_id, attempts, faults, attempt_due_at, ask_due_at, refund_due_at, pending_since, cancel_requested_at, mandate_id, updated_at)
update recipients
set state = $3, state_reason = $4, result_code = $5, input_minor = $6, output_minor = $7, fee_minor = $8,
    input_usd_minor = $9, details = $10, metadata = $11, system_metadata = $12, left_before_funding = $13,
    attempt_id = $14, attempts = $15, faults = $16, attempt_due_at = $17, ask_due_at = $18, refund_due_at = $19,
    pending_since = $20, cancel_requested_at = $21, mandate_id = $22, updated_at = $23
where app_id = $1 and id = $2

-- name: update_unchanged_recipients(rows)
-- As `update_recipient`, of those that nobody changed since they were read. Their transactions' rows were locked before.
update recipients r
set state = u.state, state_reason = u.state_reason, result_code = u.result_code, input_minor = u.input_minor,
    output_minor = u.output_minor, fee_minor = u.fee_minor, input_usd_minor = u.input_usd_minor,
    details = u.details::json, metadata = u.metadata::json, system_metadata = u.system_metadata::json,
    left_before_funding = u.left_before_funding, attempt_id = u.attempt_id, attempts = u.attempts, faults = u.faults,
    attempt_due_at = u.attempt_due_at, ask_due_at = u.ask_due_at, refund_due_at = u.refund_due_at,
    pending_since = u.pending_since, cancel_requested_at = u.cancel_requested_at, mandate_id = u.mandate_id,
    updated_at = u.updated_at
from (
    select * from json_to_recordset($1) as u (app_id uuid, id uuid, version text, state text, state_reason text,
        result_code text, input_minor bigint, output_minor bigint, fee_minor bigint, input_usd_minor bigint,
        details text, metadata text, system_metadata text, left_before_funding boolean, attempt_id uuid,
        attempts integer, faults integer, attempt_due_at timestamptz, ask_due_at timestamptz,
        refund_due_at timestamptz, pending_since timestamptz, cancel_requested_at timestamptz, mandate_id uuid,
        updated_at timestamptz)
    limit json_array_length($1)
) u
where r.app_id = u.app_id and r.id = u.id and r.xmin::text = u.version
returning r.id

-- name: recipients_as_they_are(app_id, transaction_ids)
-- Without a lock: the version says whether they are still the same when they are written.
select *, xmin::text as version from recipients
where app_id = $1 and transaction_id = any($2::uuid[])

-- name: recipients_of_transactions(app_id, transaction_ids)
select * from recipients
where app_id = $1 and transaction_id = any($2::uuid[])
order by transaction_id, position

-- name: lock_recipients(app_id, transaction_ids)
-- Taken after the transaction's row, in id order like everywhere.
select * from recipients
where app_id = $1 and transaction_id = any($2::uuid[])
order by id
for no key update

-- name: transaction_of(app_id, id)
select transaction_id from recipients where app_id = $1 and id = $2

-- name: list_recipients(app_id, states, currencies, amount_from, amount_to, since, before, limit, offset)
select *, count(*) over () as total_count
from recipients
where app_id = $1
  and ($2::text[] is null or state = any($2))
  and ($3::text[] is null or input_currency = any($3))
  and ($4::bigint is null or input_minor >= $4)
  and ($5::bigint is null or input_minor <= $5)
  and ($6::timestamptz is null or created_at >= $6)
  and ($7::timestamptz is null or created_at < $7)
order by created_at desc, id desc
limit $8 offset $9

-- name: count_recipients(app_id, states, currencies, amount_from, amount_to, since, before)
select count(*)
from recipients
where app_id = $1
  and ($2::text[] is null or state = any($2))
  and ($3::text[] is null or input_currency = any($3))
  and ($4::bigint is null or input_minor >= $4)
  and ($5::bigint is null or input_minor <= $5)
  and ($6::timestamptz is null or created_at >= $6)
  and ($7::timestamptz is null or created_at < $7)

-- name: claim_attempts(after, free, busy_apps, busy_counts, lease)
-- The row lock serialises a starting attempt with a cancellation: whoever commits first wins (flows 8.6). The claim
-- hands the payout over: from its commit on only the provider can say whether it was paid. Should this process die
-- before it records an answer, the payout is asked about when the lease ends, and is never sent again unasked.
-- Apps take turns, whatever their clocks say. Step 1: the apps that have something to come, by jumping from one to the
-- next in the index.
-- Step 2: those of them that have something due by their own time, from the one after the last on; each gets its share
-- of the free places, and never more than half of what it leaves to others. Step 3: of each the first that are due.
-- What hardly ever rules one out is one condition to the planner: of three it guesses, until it has statistics, that they
-- leave nothing, and sorts the whole backlog for each claim.
with recursive waiting as (
    (select t.app_id, t.attempt_due_at as due_at from recipients t where t.attempt_due_at is not null order by t.app_id, t.attempt_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from waiting w
    cross join lateral (
        select t.app_id, t.attempt_due_at as due_at from recipients t
        where t.attempt_due_at is not null and t.app_id > w.app_id
        order by t.app_id, t.attempt_due_at
        limit 1
    ) as following
),
turns as materialized (
    select w.app_id, coalesce(c.app_time, date_trunc('milliseconds', clock_timestamp())) as app_time,
        least(($2 - 1) / count(*) over () + 1, ($2 - coalesce(b.busy, 0) + 1) / 2) as places
    from waiting w
    left join moved_clocks() c on c.app_id = w.app_id
    left join unnest($3::uuid[], $4::int[]) as b (app_id, busy) on b.app_id = w.app_id
    where w.due_at <= coalesce(c.app_time, date_trunc('milliseconds', clock_timestamp())) and coalesce(b.busy, 0) < $2
    order by w.app_id <= $1, w.app_id
    limit $2
),
due as materialized (
    select mine.app_id, mine.id
    from turns
    cross join lateral (
        select t.app_id, t.id from recipients t
        where t.app_id = turns.app_id and t.attempt_due_at <= turns.app_time
          and coalesce(t.attempt_id is null and t.cancel_requested_at is null and t.state in ('initial', 'error')
               and (select screening_edition()) in (0, coalesce(t.cleared_for, -1)), false)
          and t.id::text <> all ((select quarantined('payout_attempts'))::text[])
        order by t.attempt_due_at
        limit turns.places
        for no key update skip locked
    ) as mine
    limit $2
)
update recipients r
set attempt_id = gen_random_uuid(), attempts = least(r.attempts, 2147483646) + 1, attempt_due_at = null,
    ask_due_at = clock_now(r.app_id) + $5::interval
from due
where r.app_id = due.app_id and r.id = due.id
returning r.*

-- name: claim_screenings(after, free, busy_apps, busy_counts, lease)
-- New and edited ones. In turns between apps, as claim_attempts, by real time.
with recursive waiting as (
    (select t.app_id, t.screen_due_at as due_at from recipients t where t.screen_due_at is not null order by t.app_id, t.screen_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from waiting w
    cross join lateral (
        select t.app_id, t.screen_due_at as due_at from recipients t
        where t.screen_due_at is not null and t.app_id > w.app_id
        order by t.app_id, t.screen_due_at
        limit 1
    ) as following
),
turns as materialized (
    select w.app_id, least(($2 - 1) / count(*) over () + 1, ($2 - coalesce(b.busy, 0) + 1) / 2) as places
    from waiting w
    left join unnest($3::uuid[], $4::int[]) as b (app_id, busy) on b.app_id = w.app_id
    where w.due_at <= clock_timestamp() and coalesce(b.busy, 0) < $2
    order by w.app_id <= $1, w.app_id
    limit $2
),
due as materialized (
    select mine.app_id, mine.id
    from turns
    cross join lateral (
        select t.app_id, t.id from recipients t
        where t.app_id = turns.app_id and t.screen_due_at <= clock_timestamp()
          and t.id::text <> all ((select quarantined('recipient_screening'))::text[])
        order by t.screen_due_at
        limit turns.places
        for no key update skip locked
    ) as mine
    limit $2
)
update recipients r set screen_due_at = clock_timestamp() + $5::interval
from due
where r.app_id = due.app_id and r.id = due.id
returning r.*

-- name: claim_screenings_of_payable(after, free, busy_apps, busy_counts, lease)
-- Those that are about to be paid and were not looked up under the lists as they are now. In turns between apps.
with recursive waiting as (
    (select t.app_id, t.attempt_due_at as due_at from recipients t where t.attempt_due_at is not null order by t.app_id, t.attempt_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from waiting w
    cross join lateral (
        select t.app_id, t.attempt_due_at as due_at from recipients t
        where t.attempt_due_at is not null and t.app_id > w.app_id
        order by t.app_id, t.attempt_due_at
        limit 1
    ) as following
),
turns as materialized (
    select w.app_id, least(($2 - 1) / count(*) over () + 1, ($2 - coalesce(b.busy, 0) + 1) / 2) as places
    from waiting w
    left join unnest($3::uuid[], $4::int[]) as b (app_id, busy) on b.app_id = w.app_id
    where coalesce(b.busy, 0) < $2
    order by w.app_id <= $1, w.app_id
    limit $2
),
due as materialized (
    select mine.app_id, mine.id
    from turns
    cross join lateral (
        select t.app_id, t.id from recipients t
        where t.app_id = turns.app_id and t.attempt_due_at is not null
          and coalesce(t.screen_due_at is null and (select screening_edition()) not in (0, coalesce(t.cleared_for, -1)), false)
          and t.id::text <> all ((select quarantined('recipient_screening'))::text[])
        order by t.attempt_due_at
        limit turns.places
        for no key update skip locked
    ) as mine
    limit $2
)
update recipients r set screen_due_at = clock_timestamp() + $5::interval
from due
where r.app_id = due.app_id and r.id = due.id
returning r.*

-- name: end_screenings(app_ids, ids, claimed_until, cleared_for)
-- Only as they were claimed: whoever was edited meanwhile is looked up again. No edition: it may not be paid.
update recipients r set screen_due_at = null, cleared_for = e.cleared_for
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[]) as e (app_id, id, claimed_until, cleared_for)
where r.app_id = e.app_id and r.id = e.id and r.screen_due_at = e.claimed_until
returning r.id

-- name: ask_for_screening(app_id, id)
update recipients set screen_due_at = screening_due(), cleared_for = null where app_id = $1 and id = $2

-- name: claim_questions(after, free, busy_apps, busy_counts, lease)
-- In turns between apps, as claim_attempts.
with recursive waiting as (
    (select t.app_id, t.ask_due_at as due_at from recipients t where t.ask_due_at is not null order by t.app_id, t.ask_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from waiting w
    cross join lateral (
        select t.app_id, t.ask_due_at as due_at from recipients t
        where t.ask_due_at is not null and t.app_id > w.app_id
        order by t.app_id, t.ask_due_at
        limit 1
    ) as following
),
turns as materialized (
    select w.app_id, coalesce(c.app_time, date_trunc('milliseconds', clock_timestamp())) as app_time,
        least(($2 - 1) / count(*) over () + 1, ($2 - coalesce(b.busy, 0) + 1) / 2) as places
    from waiting w
    left join moved_clocks() c on c.app_id = w.app_id
    left join unnest($3::uuid[], $4::int[]) as b (app_id, busy) on b.app_id = w.app_id
    where w.due_at <= coalesce(c.app_time, date_trunc('milliseconds', clock_timestamp())) and coalesce(b.busy, 0) < $2
    order by w.app_id <= $1, w.app_id
    limit $2
),
due as materialized (
    select mine.app_id, mine.id
    from turns
    cross join lateral (
        select t.app_id, t.id from recipients t
        where t.app_id = turns.app_id and t.ask_due_at <= turns.app_time
          and coalesce(t.attempt_id is not null, false)
          and t.id::text <> all ((select quarantined('payout_questions'))::text[])
        order by t.ask_due_at
        limit turns.places
        for no key update skip locked
    ) as mine
    limit $2
)
update recipients r
set ask_due_at = clock_now(r.app_id) + $5::interval
from due
where r.app_id = due.app_id and r.id = due.id
returning r.*

-- name: ask_now(app_id, transaction_id)
-- The rows are locked in id order like everywhere.
with asked as materialized (
    select id from recipients
    where app_id = $1 and transaction_id = $2 and attempt_id is not null
    order by id
    for no key update
)
update recipients r set ask_due_at = clock_now(r.app_id)
from asked
where r.app_id = $1 and r.id = asked.id

-- name: attempt_now(app_id, id)
-- Only what is waiting for its next attempt; what is not funded, given up or being cancelled has none coming.
update recipients set attempt_due_at = clock_now(app_id)
where app_id = $1 and id = $2 and attempt_id is null and attempt_due_at is not null
-- name: waiting_for_mandate(app_id, mandate_id, code)
select distinct transaction_id from recipients
where app_id = $1 and mandate_id = $2 and state = 'pending' and result_code = $3 and attempt_id is null

-- name: recipients_for_people(app_id, states, limit, offset)
-- For the operator, who looks at every app unless one is named. The oldest first: they wait longest.
select *, count(*) over () as total_count
from recipients
where ($1::uuid is null or app_id = $1) and state = any($2) and state in ('stuck', 'manual', 'exception')
order by updated_at, id
limit $3 offset $4

-- name: refunded_recipients(app_id, ids)
select * from recipients
where app_id = $1 and id = any($2::uuid[]) and state = 'refunded'
order by created_at, id

-- name: due_refunds(after, free, busy_apps, busy_counts)
-- In turns between apps, as claim_attempts. A transaction is named once, however many of its recipients are due.
with recursive waiting as (
    (select t.app_id, t.refund_due_at as due_at from recipients t where t.refund_due_at is not null order by t.app_id, t.refund_due_at limit 1)
    union all
    select following.app_id, following.due_at
    from waiting w
    cross join lateral (
        select t.app_id, t.refund_due_at as due_at from recipients t
        where t.refund_due_at is not null and t.app_id > w.app_id
        order by t.app_id, t.refund_due_at
        limit 1
    ) as following
),
turns as materialized (
    select w.app_id, coalesce(c.app_time, date_trunc('milliseconds', clock_timestamp())) as app_time,
        least(($2 - 1) / count(*) over () + 1, ($2 - coalesce(b.busy, 0) + 1) / 2) as places
    from waiting w
    left join moved_clocks() c on c.app_id = w.app_id
    left join unnest($3::uuid[], $4::int[]) as b (app_id, busy) on b.app_id = w.app_id
    where w.due_at <= coalesce(c.app_time, date_trunc('milliseconds', clock_timestamp())) and coalesce(b.busy, 0) < $2
    order by w.app_id <= $1, w.app_id
    limit $2
),
due as materialized (
    select mine.app_id, mine.transaction_id
    from turns
    cross join lateral (
        select t.app_id, t.transaction_id from recipients t
        where t.app_id = turns.app_id and t.refund_due_at <= turns.app_time
          and t.transaction_id::text <> all ((select quarantined('refunds'))::text[])
        order by t.refund_due_at
        limit turns.places
    ) as mine
    limit $2
)
select distinct app_id, transaction_id from due

-- name: insert_attempts(app_ids, ids, recipient_ids, providers, orders)
insert into payout_attempts (app_id, id, recipient_id, provider, payout_order, started_at)
select a.app_id, a.id, a.recipient_id, a.provider, a.payout_order::json, clock_now(a.app_id)
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])
    as a (app_id, id, recipient_id, provider, payout_order)

-- name: attempts(app_ids, ids)
select a.app_id, a.id, a.provider, a.payout_order
from unnest($1::uuid[], $2::uuid[]) as asked (app_id, id)
join payout_attempts a on a.app_id = asked.app_id and a.id = asked.id

-- name: answer_attempts(rows)
-- Of recipients that are locked.
update payout_attempts a
set answered_at = u.answered_at, result_code = u.result_code, answer = u.answer
from (
    select * from json_to_recordset($1) as u (app_id uuid, id uuid, answered_at timestamptz, result_code text,
        answer text)
    limit json_array_length($1)
) u
where a.app_id = u.app_id and a.id = u.id
returning a.id
