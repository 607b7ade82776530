-- name: insert_transactions(rows)
-- The unique key decides a race for one external_id; the loser gets no row. JSON lies in the rows as text: inside
-- JSON of its own it could not hold every text.
insert into transactions (app_id, id, external_id, sender_id, state, input_currency, input_minor, paid_minor,
    payin_reference, traits, metadata, auto_refund, account_validation, funded_by, created_at, updated_at, expires_at,
    funded_at, held_for)
select t.app_id, t.id, t.external_id, t.sender_id, t.state, t.input_currency, t.input_minor, t.paid_minor,
    t.payin_reference, t.traits::json, t.metadata::json, t.auto_refund, t.account_validation, t.funded_by, t.created_at,
    t.created_at, t.expires_at, t.funded_at, t.held_for
from json_to_recordset($1) as t (app_id uuid, id uuid, external_id text, sender_id uuid, state text,
    input_currency text, input_minor bigint, paid_minor bigint, payin_reference text, traits text, metadata text,
    auto_refund boolean, account_validation boolean, funded_by text, created_at timestamptz, expires_at timestamptz,
    funded_at timestamptz, held_for text)
on conflict on constraint a_transaction_external_id_is_taken do nothing
returning id

-- name: update_transaction(app_id, id, state, state_reason, input_minor, paid_minor, traits, funded_by, mispaid, updated_at, funded_at, closed_at, held_for)
update transactions
set state = $3, state_reason = $4, input_minor = $5, paid_minor = $6, traits = $7, funded_by = $8, mispaid = $9,
    updated_at = $10, funded_at = $11, closed_at = $12, held_for = $13
where app_id = $1 and id = $2

-- name: update_unchanged_transactions(rows)
-- As `update_transaction`, of those that nobody changed since they were read, and that did not expire meanwhile. Rows are
-- locked in id order by everyone; the time is asked for with the lock in hand.
with locked as materialized (
    select t.app_id, t.id, u.*
    from (
        select * from json_to_recordset($1) as u (of_app uuid, of_id uuid, version text, new_state text,
            new_reason text, new_input bigint, new_paid bigint, new_traits text, new_funded_by text,
            new_mispaid boolean, changed_at timestamptz, new_funded_at timestamptz, new_closed_at timestamptz,
            new_held_for text)
        limit json_array_length($1)
    ) u
    join transactions t on t.app_id = u.of_app and t.id = u.of_id and t.xmin::text = u.version
        and (t.state not in ('initial', 'approved', 'pending') or t.expires_at > clock_now(t.app_id))
    order by t.app_id, t.id
    for no key update of t
)
update transactions t
set state = l.new_state, state_reason = l.new_reason, input_minor = l.new_input, paid_minor = l.new_paid,
    traits = l.new_traits::json, funded_by = l.new_funded_by, mispaid = l.new_mispaid, updated_at = l.changed_at,
    funded_at = l.new_funded_at, closed_at = l.new_closed_at,
    held_for = l.new_held_for
from locked l
where t.app_id = l.app_id and t.id = l.id
returning t.id

-- name: transactions_as_they_are(app_id, ids)
-- Without a lock: the version says whether they are still the same when they are written.
select *, xmin::text as version, clock_now(app_id) as now
from transactions
where app_id = $1 and id = any($2::uuid[])

-- name: transactions_by_ids(app_id, ids)
select * from transactions where app_id = $1 and id = any($2::uuid[])

-- name: wanting_account_check(app_ids, ids)
-- One by one: for so few the planner would read the whole table.
select found.id
from unnest($1::uuid[], $2::uuid[]) as asked (app_id, id)
cross join lateral (
    select t.id from transactions t
    where t.app_id = asked.app_id and t.id = asked.id and t.account_validation
    limit 1
) as found

-- name: transaction_by_external_id(app_id, external_id)
select * from transactions where app_id = $1 and external_id = $2

-- name: lock_transactions(app_id, ids)
-- Rows are locked in id order by everyone; `now` is read after the locks are held, so that waiting cannot make a late
-- request early (flows 4.9).
with locked as materialized (
    select * from transactions
    where app_id = $1 and id = any($2::uuid[])
    order by id
    for no key update
)
select locked.*, clock_now(locked.app_id) as now from locked

-- name: lock_unfunded_of_sender(app_id, sender_id)
with locked as materialized (
    select id from transactions
    where app_id = $1 and sender_id = $2 and state in ('initial', 'approved', 'pending')
    order by id
    for no key update
)
select id from locked

-- name: lock_unpaid_of_sender(app_id, sender_id)
with locked as materialized (
    select id from transactions
    where app_id = $1 and sender_id = $2 and state in ('processing', 'received', 'mispaid', 'manual')
    order by id
    for no key update
)
select id from locked

-- name: senders_of(app_ids, ids)
select t.id, t.sender_id
from unnest($1::uuid[], $2::uuid[]) as asked (app_id, id)
join transactions t on t.app_id = asked.app_id and t.id = asked.id

-- name: sender_has_money_moving(app_id, sender_id)
select exists (
    select from transactions
    where app_id = $1 and sender_id = $2
      and state in ('pending', 'processing', 'received', 'mispaid', 'manual'))

-- name: expired(after, free, busy_apps, busy_counts)
-- In turns between apps. Step 1: the apps that have something that may expire, by jumping from one to the next in the
-- index. Step 2: those whose time has come for something, from the one after the last on. Step 3: of each the first few.
with recursive waiting as (
    (select t.app_id, t.expires_at as due_at from transactions t where t.state in ('initial', 'approved', 'pending') order by t.app_id, t.expires_at limit 1)
    union all
    select following.app_id, following.due_at
    from waiting w
    cross join lateral (
        select t.app_id, t.expires_at as due_at from transactions t
        where t.state in ('initial', 'approved', 'pending') and t.app_id > w.app_id
        order by t.app_id, t.expires_at
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
        select t.app_id, t.id from transactions t
        where t.app_id = turns.app_id and t.expires_at <= turns.app_time
          and t.state in ('initial', 'approved', 'pending')
          and t.id::text <> all ((select quarantined('expiry'))::text[])
        order by t.expires_at
        limit turns.places
    ) as mine
    limit $2
)
select app_id, id from due

-- name: transactions_for_people(app_id, state, limit, offset)
-- For the operator, who looks at every app unless one is named. The oldest first: they wait longest.
select *, count(*) over () as total_count
from transactions
where ($1::uuid is null or app_id = $1) and state = $2 and state in ('processing', 'exception')
order by updated_at, id
limit $3 offset $4

-- name: list_transactions(app_id, external_id, sender_id, states, limit, offset)
select *, count(*) over () as total_count
from transactions
where app_id = $1
  and ($2::text is null or external_id = $2)
  and ($3::uuid is null or sender_id = $3)
  and ($4::text[] is null or state = any($4))
order by created_at desc, id desc
limit $5 offset $6

-- name: count_transactions(app_id, external_id, sender_id, states)
select count(*)
from transactions
where app_id = $1
  and ($2::text is null or external_id = $2)
  and ($3::uuid is null or sender_id = $3)
  and ($4::text[] is null or state = any($4))

-- name: sender_used_twice(app_id)
select sender_id
from transactions
where app_id = $1
group by sender_id
having count(*) > 1
order by min(created_at)
limit 1

-- name: first_funded(app_id)
select id
from transactions
where app_id = $1 and funded_by = 'balance'
order by funded_at, id
limit 1
