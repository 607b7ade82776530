-- name: insert_debits(rows) after insert_postings
-- The balance that a debit left is the one that its posting left.
insert into debits (app_id, id, to_type, to_id, currency, amount_minor, usd_minor, running_balance, posting_id,
    metadata, created_at)
select d.app_id, d.id, 'Transaction', d.to_id, d.currency, d.amount_minor, d.usd_minor, p.from_balance, d.posting_id,
    d.metadata::json, d.created_at
from json_to_recordset($1) as d (app_id uuid, id uuid, to_id uuid, currency text, amount_minor bigint, usd_minor bigint,
    posting_id uuid, metadata text, created_at timestamptz)
join insert_postings p on p.id = d.posting_id
returning id

-- name: list_debits(app_id, limit, offset)
select *, count(*) over () as total_count
from debits
where app_id = $1
order by created_at desc, id desc
limit $2 offset $3

-- name: count_debits(app_id)
select count(*) from debits where app_id = $1

-- name: debit_by_id(app_id, id)
select * from debits where app_id = $1 and id = $2

-- name: take_turns(proposed_by)
-- What one person may move alone is judged by what it moved before: its movements take turns.
select pg_advisory_xact_lock(hashtextextended('movements of ' || $1::uuid, 0))

-- name: moved_alone(proposed_by, within)
-- In all apps: a limit that is met anew in each of them would be none.
select coalesce(sum(usd_cents), 0)::bigint from movements
where proposed_by = $1 and not needs_two and state = 'made' and proposed_at > clock_timestamp() - $2::interval

-- name: insert_movement(app_id, id, direction, currency, amount_minor, bank_reference, value_date, reason, proposed_by, proposer, needs_two, usd_cents)
insert into movements (app_id, id, direction, currency, amount_minor, bank_reference, value_date, reason, proposed_by,
    proposer, needs_two, usd_cents)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
returning *

-- name: lock_movement(app_id, id)
select * from movements where app_id = $1 and id = $2 for update

-- name: decide_movement(app_id, id, state, decided_by, decider, answer)
update movements set state = $3, decided_by = $4, decider = $5, answer = $6, decided_at = clock_timestamp()
where app_id = $1 and id = $2 and state = 'waiting'
returning *

-- name: movements_waiting(app_id, limit, offset)
select * from movements
where state = 'waiting' and ($1::uuid is null or app_id = $1)
order by proposed_at, id
limit $2 offset $3

-- name: count_movements_waiting(app_id)
select count(*) from movements where state = 'waiting' and ($1::uuid is null or app_id = $1)

-- name: list_movements(app_id, limit, offset)
select * from movements where app_id = $1 order by proposed_at desc, id desc limit $2 offset $3

-- name: count_movements(app_id)
select count(*) from movements where app_id = $1

-- name: insert_bank_entry(environment, currency, direction, reference_key, reference, value_date, app_id, amount_minor, movement_id, recorded_by)
-- A second one with this reference waits for the first to be committed, and then is none.
insert into bank_entries (environment, currency, direction, reference_key, reference, value_date, app_id, amount_minor,
    movement_id, recorded_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict on constraint a_bank_reference_is_booked_once do nothing
returning app_id

-- name: bank_entry(environment, currency, direction, reference_key)
-- Of whichever app: the bank account is that of all apps of an environment.
select * from bank_entries where environment = $1 and currency = $2 and direction = $3 and reference_key = $4

-- name: bank_entries_alike(app_id, currency, direction, amount_minor, value_date, within, reference_key)
select * from bank_entries
where app_id = $1 and currency = $2 and direction = $3 and amount_minor = $4 and reference_key <> $7
  and (value_date = $5 or recorded_at > clock_timestamp() - $6::interval)
order by recorded_at desc
limit 1

-- name: delete_bank_entry_of(app_id, movement_id)
delete from bank_entries where app_id = $1 and movement_id = $2
