-- A rate that moves far waits for a second person. Runs before the code that needs it.

-- owner: rates
create table rate_proposals (
    id                         uuid primary key,
    currency                   text not null,
    units_per_usd_numerator    numeric not null constraint a_proposed_rate_is_positive check (units_per_usd_numerator > 0),
    units_per_usd_denominator  numeric not null
                               constraint a_proposed_quotation_is_positive check (units_per_usd_denominator > 0),
    before_numerator           numeric not null,
    before_denominator         numeric not null,
    source                     text not null,
    proposed_by                uuid not null,
    proposer                   text not null,
    proposed_at                timestamptz not null default clock_timestamp(),
    state                      text not null default 'waiting'
                               constraint a_proposal_waits_or_is_decided
                               check (state in ('waiting', 'confirmed', 'refused', 'replaced')),
    decided_by                 uuid,
    decider                    text,
    decided_at                 timestamptz,
    answer                     text,
    constraint who_decides_about_a_rate_is_named check ((state = 'waiting') = (decider is null)),
    constraint two_people_confirm_a_rate
        check (state <> 'confirmed' or (decided_by is not null and decided_by <> proposed_by))
);
comment on table rate_proposals is 'Rates that moved further than one person may set, with the rate that was in force then.';
comment on column rate_proposals.decided_by is 'The account of who decided; null where a rate that was set at the terminal replaced the proposal.';
create unique index one_proposal_of_a_currency_waits on rate_proposals (currency) where state = 'waiting';
create index rate_proposals_of_currency on rate_proposals (currency, decided_at);
