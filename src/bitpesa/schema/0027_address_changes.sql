-- Changes of a user's e-mail address that wait to be confirmed. Runs before the code that needs it. On Citus this is a
-- table of one place, as those of people are.

-- owner: people
create table address_changes (
    user_id       uuid primary key references users (id),
    email         text not null constraint a_new_address_is_kept_in_small_letters check (email = lower(email)),
    confirm_hash  bytea not null constraint a_link_to_a_new_address_is_unique unique,
    keep_hash     bytea not null constraint a_link_that_keeps_an_address_is_unique unique,
    asked_at      timestamptz not null default clock_timestamp(),
    expires_at    timestamptz not null
);
comment on table address_changes is 'Who wants another address, one at a time; gone once confirmed, stopped or over.';
comment on column address_changes.confirm_hash is 'Of what was sent to the new address; nobody has it if the address is somebody''s.';
comment on column address_changes.keep_hash is 'Of what was sent to the present address: it stops the change.';
create index address_changes_by_age on address_changes (expires_at);
