-- What stands on the statements of the platform's bank accounts, so that no wire is booked twice. Runs before the code
-- that needs it. Staff write few rows: on Citus this is a table of one place.

-- owner: accounts
create table bank_entries (
    environment    text not null constraint an_entry_is_of_an_environment check (environment in ('sandbox', 'live')),
    currency       text not null,
    direction      text not null constraint an_entry_comes_in_or_goes_out check (direction in ('deposit', 'withdrawal')),
    reference_key  text not null constraint an_entry_has_a_reference check (reference_key <> ''),
    reference      text not null,
    value_date     date not null,
    app_id         uuid not null,
    amount_minor   bigint not null,
    movement_id    uuid,
    recorded_by    text not null,
    recorded_at    timestamptz not null default clock_timestamp(),
    constraint a_bank_reference_is_booked_once primary key (environment, currency, direction, reference_key)
);
comment on table bank_entries is 'Deposits and withdrawals by the reference that the bank gave them; those of refused movements are removed.';
comment on column bank_entries.reference_key is 'The reference in capital letters and digits alone, so that spaces and dashes make no other one of it.';
comment on column bank_entries.movement_id is 'The movement in the back office; null for deposits made at the terminal.';
create index bank_entries_alike on bank_entries (app_id, currency, direction, amount_minor);
create index bank_entries_of_movement on bank_entries (app_id, movement_id);

-- Movements from before have no reference: each gets one of its own, and the day on which it was proposed.
alter table movements add column bank_reference text, add column value_date date;
update movements set bank_reference = 'BEFORE ' || id, value_date = (proposed_at at time zone 'utc')::date;
alter table movements
    alter column bank_reference set not null,
    alter column value_date set not null;
comment on column movements.bank_reference is 'What the bank calls the transfer on its statement; movements from before references were asked for say BEFORE and their id.';
comment on column movements.value_date is 'The day on which the bank credited or debited it.';

insert into bank_entries (environment, currency, direction, reference_key, reference, value_date, app_id, amount_minor,
    movement_id, recorded_by, recorded_at)
select a.environment, m.currency, m.direction, 'BEFORE' || upper(replace(m.id::text, '-', '')), m.bank_reference,
    m.value_date, m.app_id, m.amount_minor, m.id, m.proposer, m.proposed_at
from movements m
join apps a on a.id = m.app_id
where m.state <> 'refused';
