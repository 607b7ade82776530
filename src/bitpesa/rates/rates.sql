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
