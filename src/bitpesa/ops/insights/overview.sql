-- What the dashboard of the portal asks: which transactions match, and how payouts went day by day. One app at a time.

-- name: matching_transactions(app_id, external_id, state, recipient, since, before, limit, offset)
-- The state is the one that is seen: time may be over and nobody have noted it yet. Names are looked for in what the
-- recipient is paid by, so that whoever is called anything may be found by it.
with seen as (
    select t.id, t.created_at,
        case
            when t.state in ('initial', 'approved', 'pending') and t.expires_at <= clock.now then 'canceled'
            else t.state
        end as state
    from transactions t, (select clock_now($1) as now) as clock
    where t.app_id = $1
      and ($2::text is null or t.external_id = $2)
      and ($5::timestamptz is null or t.created_at >= $5)
      and ($6::timestamptz is null or t.created_at < $6)
      and ($4::text is null or exists (
          select from recipients r
          where r.app_id = t.app_id and r.transaction_id = t.id
            and strpos(
                lower(concat_ws(' ', r.details ->> 'first_name', r.details ->> 'middle_name', r.details ->> 'last_name',
                    r.details ->> 'name')),
                lower($4)) > 0))
)
select id, count(*) over () as total_count
from seen
where $3::text is null or state = $3
order by created_at desc, id desc
limit $7 offset $8

-- name: payouts_by_day(app_id, since)
-- Payouts by the day on which they were asked for, on the clock of the app and in UTC. What was called off before money
-- came says nothing about how payouts go.
select (created_at at time zone 'UTC')::date as day,
    count(*) filter (where state in ('success', 'overpaid')) as paid,
    count(*) filter (where state in ('error', 'manual', 'stuck', 'refunded', 'exception')) as failed,
    count(*) filter (where state in ('initial', 'pending')) as open,
    coalesce(sum(input_usd_minor) filter (where state in ('success', 'overpaid')), 0)::bigint as paid_usd_minor
from recipients
where app_id = $1 and created_at >= $2 and not left_before_funding
group by 1
order by 1
