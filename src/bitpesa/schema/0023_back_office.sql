-- The operator's back office: staff accounts apart from those of clients, balances that two people move, and what rates
-- were before. Runs before the code that needs it.

-- A user is of a client or of staff from the beginning, and stays so: nothing that a client can do makes it staff.
alter table users
    add column kind text not null default 'client'
        constraint a_user_is_of_a_client_or_of_staff check (kind in ('client', 'staff')),
    add column staff_role text
        constraint a_role_of_staff_is_known check (staff_role in ('viewer', 'operator', 'administrator')),
    add constraint staff_and_nobody_else_have_a_role check ((kind = 'staff') = (staff_role is not null)),
    add constraint a_user_is_of_one_kind unique (id, kind),
    drop constraint an_address_belongs_to_one_user,
    add constraint an_address_belongs_to_one_user unique (email, kind);
comment on column users.kind is 'Whether the user logs in to the portal or to the back office. Never changed.';

create function users_stay_what_they_are() returns trigger
language plpgsql as $$
begin
    raise exception 'a user of a client never becomes staff, nor staff a user of a client'
        using errcode = 'integrity_constraint_violation';
end $$;
create trigger a_user_stays_of_its_kind before update of kind on users
    for each row when (new.kind <> old.kind) execute function users_stay_what_they_are();

-- What follows ties rows to the kind of their user: a session opens one of the two sites, and staff are members nowhere.
alter table sessions
    add column kind text not null default 'client',
    add constraint a_session_is_of_the_kind_of_its_user foreign key (user_id, kind) references users (id, kind);
alter table members
    add column kind text not null default 'client' constraint only_users_of_clients_are_members check (kind = 'client'),
    add constraint a_member_is_a_user_of_a_client foreign key (user_id, kind) references users (id, kind);

-- owner: accounts
create table movements (
    app_id         uuid not null references apps (id),
    id             uuid not null,
    direction      text not null constraint money_goes_in_or_out check (direction in ('deposit', 'withdrawal')),
    currency       text not null,
    amount_minor   bigint not null constraint a_movement_moves_something check (amount_minor > 0),
    reason         text not null constraint a_movement_has_a_reason check (reason <> ''),
    proposed_by    uuid not null,
    proposer       text not null,
    proposed_at    timestamptz not null default clock_timestamp(),
    needs_two      boolean not null,
    usd_cents      bigint,
    state          text not null default 'waiting'
                   constraint a_movement_waits_or_is_decided check (state in ('waiting', 'made', 'refused')),
    decided_by     uuid,
    decider        text,
    decided_at     timestamptz,
    answer         text,
    constraint movements_key primary key (app_id, id),
    constraint who_decides_is_named check (state = 'waiting' or decided_by is not null),
    constraint nobody_decides_what_waits check (state <> 'waiting' or decided_by is null),
    constraint two_people_make_a_movement check (state <> 'made' or not needs_two or decided_by <> proposed_by)
);
comment on table movements is 'What staff put on a balance or take from it, in the back office. What needs two waits until another confirms.';
comment on column movements.usd_cents is 'What it is worth, at mid rates of then; null where there was no rate.';
create index movements_waiting on movements (proposed_at) where state = 'waiting';
create index movements_made_alone on movements (proposed_by, proposed_at) where not needs_two;

-- owner: rates
create table rate_changes (
    seq                         bigint generated always as identity primary key,
    currency                    text not null,
    units_per_usd_numerator     numeric not null,
    units_per_usd_denominator   numeric not null,
    source                      text not null,
    set_at                      timestamptz not null default clock_timestamp()
);
comment on table rate_changes is 'Every rate that ever was, written by a trigger.';
create index rate_changes_of_currency on rate_changes (currency, seq desc);
insert into rate_changes (currency, units_per_usd_numerator, units_per_usd_denominator, source, set_at)
select currency, units_per_usd_numerator, units_per_usd_denominator, source, updated_at from exchange_rates;

create function rates_remember() returns trigger
language plpgsql as $$
begin
    insert into rate_changes (currency, units_per_usd_numerator, units_per_usd_denominator, source)
    values (new.currency, new.units_per_usd_numerator, new.units_per_usd_denominator, new.source);
    return null;
end $$;
create trigger a_rate_is_remembered after insert or update on exchange_rates
    for each row execute function rates_remember();
