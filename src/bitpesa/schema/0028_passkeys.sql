-- Passkeys, which may stand in for a code. Runs before the code that needs it.

-- owner: people
create table passkeys (
    id             uuid primary key,
    user_id        uuid not null references users (id),
    name           text not null,
    credential_id  bytea not null constraint a_passkey_is_registered_once unique,
    public_key     bytea not null,
    sign_count     bigint not null constraint a_count_is_not_negative check (sign_count >= 0),
    transports     text[] not null,
    created_at     timestamptz not null default clock_timestamp(),
    last_used_at   timestamptz
);
comment on table passkeys is 'What the authenticators of users sign with. Their private halves never leave them.';
comment on column passkeys.sign_count is 'What the authenticator had counted when it was last used; 0 where it does not count.';
create index passkeys_of_user on passkeys (user_id, created_at);

-- One challenge is open for a session at a time, and a reply uses it up.
alter table sessions
    add column passkey_challenge bytea,
    add column passkey_challenge_until timestamptz,
    add constraint a_challenge_has_an_end check ((passkey_challenge is null) = (passkey_challenge_until is null));
