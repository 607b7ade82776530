-- Mid rates against the dollar, as exact fractions: 1 USD = numerator / denominator units.
-- owner: rates
create table exchange_rates (
    currency                    text primary key,
    units_per_usd_numerator     numeric not null constraint a_rate_is_positive check (units_per_usd_numerator > 0),
    units_per_usd_denominator   numeric not null constraint a_quotation_is_positive check (units_per_usd_denominator > 0),
    source                      text not null,
    updated_at                  timestamptz not null default clock_timestamp()
);
