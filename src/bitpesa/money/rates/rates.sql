-- name: rates()
select currency, units_per_usd_numerator, units_per_usd_denominator from exchange_rates

-- name: rates_with_version()
-- Changes only ever write newer rows, so the sum of the transactions that wrote them is another after each.
select currency, units_per_usd_numerator, units_per_usd_denominator, sum(xmin::text::bigint) over () as version
from exchange_rates

-- name: rates_unchanged(rows)
with now as materialized (
    select sum(xmin::text::bigint) as version from exchange_rates
)
select known.version
from json_to_recordset($1) as known (version numeric)
join now on now.version = known.version

-- name: set_rate(currency, numerator, denominator, source)
insert into exchange_rates (currency, units_per_usd_numerator, units_per_usd_denominator, source)
values ($1, $2, $3, $4)
on conflict (currency) do update
set units_per_usd_numerator = excluded.units_per_usd_numerator,
    units_per_usd_denominator = excluded.units_per_usd_denominator,
    source = excluded.source,
    updated_at = clock_timestamp()

-- name: add_rates(currencies, numerators, denominators, source)
-- A rate that somebody set stays: a second start must not undo it. In one order, so that two starts at once wait for
-- each other and do not deadlock.
insert into exchange_rates (currency, units_per_usd_numerator, units_per_usd_denominator, source)
select currency, numerator, denominator, $4
from unnest($1::text[], $2::numeric[], $3::numeric[]) as given (currency, numerator, denominator)
order by currency
on conflict (currency) do nothing

-- name: changes_of(currency, limit, offset)
select units_per_usd_numerator, units_per_usd_denominator, source, set_at
from rate_changes
where currency = $1
order by seq desc
limit $2 offset $3

-- name: count_changes_of(currency)
select count(*) from rate_changes where currency = $1

-- name: take_turns_on_rate(currency)
-- Whether a rate moves too far is judged by what it was: changes of one currency take turns.
select pg_advisory_xact_lock(hashtextextended('rate of ' || $1::text, 0))

-- name: rate_of(currency)
select units_per_usd_numerator, units_per_usd_denominator, source from exchange_rates where currency = $1

-- name: rates_in_force(currency, within, default_source)
-- Every rate that was in force at some moment of the last while, so that a large move stays large in pieces. What two
-- people confirmed is a new beginning, and rates that came with the package are none.
with confirmed as (
    select max(decided_at) as at
    from rate_proposals
    where currency = $1 and state = 'confirmed' and decided_at > clock_timestamp() - $2::interval
),
first as (
    select coalesce(
        (select min(c.seq) from rate_changes c, confirmed where c.currency = $1 and c.set_at >= confirmed.at),
        (select max(seq) from rate_changes where currency = $1 and set_at <= clock_timestamp() - $2::interval),
        0) as seq
)
select units_per_usd_numerator, units_per_usd_denominator
from rate_changes, first
where currency = $1 and rate_changes.seq >= first.seq and source <> $3

-- name: insert_proposal(id, currency, numerator, denominator, before_numerator, before_denominator, source, proposed_by, proposer)
insert into rate_proposals (id, currency, units_per_usd_numerator, units_per_usd_denominator, before_numerator,
    before_denominator, source, proposed_by, proposer)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
returning *

-- name: proposal(id)
select * from rate_proposals where id = $1

-- name: lock_proposal(id)
select * from rate_proposals where id = $1 for update

-- name: waiting_proposal_of(currency)
select * from rate_proposals where currency = $1 and state = 'waiting' for update

-- name: decide_proposal(id, state, decided_by, decider, answer)
update rate_proposals set state = $2, decided_by = $3, decider = $4, answer = $5, decided_at = clock_timestamp()
where id = $1 and state = 'waiting'
returning *

-- name: waiting_proposals()
select * from rate_proposals where state = 'waiting' order by proposed_at, id

-- name: proposals_of(currency, limit)
select * from rate_proposals where currency = $1 order by proposed_at desc, id desc limit $2
