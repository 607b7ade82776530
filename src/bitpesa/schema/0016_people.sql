-- The people of the developer portal: users, how they log in, and what each may do for which organisation. Runs
-- before the code that needs it. People write few rows: on Citus these are tables of one place.

-- What an organisation says of itself when it signs up (flows 12); only staff change it. Organisations that were made
-- at a terminal say nothing.
alter table organisations
    add column country text,
    add column city text,
    add column street text,
    add column postal_code text,
    add column phone_country text,
    add column phone_number text;

-- A key that staff must let in first (flows 0.1, sandbox_key_activation) has no enabled_at until then.
alter table api_keys add column enabled_at timestamptz;
update api_keys set enabled_at = created_at;
alter table api_keys alter column enabled_at set default clock_timestamp();
comment on column api_keys.revoked_at is 'From when on the key is refused: it lies ahead while a key is being replaced.';

-- owner: people
create table users (
    id                  uuid primary key,
    name                text not null,
    email               text not null constraint an_address_is_kept_in_small_letters check (email = lower(email)),
    password_hash       text not null,
    sealed_totp_secret  bytea,
    totp_enrolled_at    timestamptz,
    totp_last_step      bigint,
    created_at          timestamptz not null default clock_timestamp(),
    disabled_at         timestamptz,
    constraint an_address_belongs_to_one_user unique (email),
    constraint who_enrolled_has_a_secret check (totp_enrolled_at is null or sealed_totp_secret is not null)
);
comment on column users.email is 'Confirmed: a user is made by whoever follows the link that was sent there.';
comment on column users.password_hash is 'Argon2id, as a PHC string.';
comment on column users.totp_last_step is 'The step of the last code that was taken: no code is taken twice.';

-- owner: people
create table sign_ups (
    id             uuid primary key,
    token_hash     bytea not null constraint a_confirmation_link_is_unique unique,
    email          text not null,
    name           text not null,
    password_hash  text not null,
    created_at     timestamptz not null default clock_timestamp(),
    expires_at     timestamptz not null
);
comment on table sign_ups is 'Who wants to be a user and has not followed the link yet. Several may name one address.';
create index sign_ups_by_age on sign_ups (expires_at);

-- owner: people
create table password_links (
    token_hash  bytea primary key,
    user_id     uuid not null references users (id),
    created_at  timestamptz not null default clock_timestamp(),
    expires_at  timestamptz not null,
    used_at     timestamptz
);
comment on table password_links is 'Links by which a lost password is replaced, once each.';
create index password_links_of_user on password_links (user_id);

-- owner: people
create table recovery_codes (
    user_id  uuid not null references users (id),
    hash     bytea not null,
    used_at  timestamptz,
    primary key (user_id, hash)
);
comment on table recovery_codes is 'What stands in for an authenticator that was lost, once each. Only hashes are kept.';

-- owner: people
create table sessions (
    id                 uuid primary key,
    token_hash         bytea not null constraint a_session_token_is_unique unique,
    user_id            uuid not null references users (id),
    began_at           timestamptz not null default clock_timestamp(),
    seen_at            timestamptz not null default clock_timestamp(),
    second_factor_at   timestamptz,
    organisation_id    uuid references organisations (id),
    environment        text not null default 'sandbox'
                       constraint a_session_looks_at_sandbox_or_live check (environment in ('sandbox', 'live')),
    network_address    text not null,
    user_agent         text not null,
    ended_at           timestamptz
);
comment on table sessions is 'Who is logged in where. The token is in the browser; here is its hash.';
comment on column sessions.second_factor_at is 'When a code was last given. Without one only the password was right.';
create index sessions_of_user on sessions (user_id, began_at desc) where ended_at is null;
create index sessions_by_age on sessions (seen_at);

-- owner: people
create table failed_tries (
    subject         text primary key,
    count           integer not null,
    last_at         timestamptz not null default clock_timestamp(),
    locked_until    timestamptz
);
comment on table failed_tries is 'Log-ins that failed, by e-mail address (of a user or not) and by network address.';
create index failed_tries_by_age on failed_tries (last_at);

-- owner: people
create table members (
    organisation_id   uuid not null references organisations (id),
    user_id           uuid not null references users (id),
    is_administrator  boolean not null default false,
    permissions       text[] not null default '{}',
    joined_at         timestamptz not null default clock_timestamp(),
    primary key (organisation_id, user_id),
    constraint an_administrator_needs_no_permissions check (not is_administrator or permissions = '{}')
);
create index members_of_user on members (user_id, joined_at);

-- owner: people
create table invitations (
    organisation_id  uuid not null references organisations (id),
    id               uuid primary key,
    token_hash       bytea not null constraint an_invitation_link_is_unique unique,
    email            text not null,
    permissions      text[] not null,
    invited_by       uuid not null references users (id),
    created_at       timestamptz not null default clock_timestamp(),
    expires_at       timestamptz not null,
    accepted_at      timestamptz,
    void_at          timestamptz,
    void_because     text,
    constraint an_invitation_ends_once check (accepted_at is null or void_at is null)
);
create index invitations_of_organisation on invitations (organisation_id, created_at desc);
create index invitations_to_address on invitations (email) where accepted_at is null and void_at is null;
