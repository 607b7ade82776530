-- owner: organisations
create table organisations (
    id          uuid primary key,
    name        text not null,
    created_at  timestamptz not null default clock_timestamp()
);

-- owner: organisations
create table apps (
    id               uuid primary key,
    organisation_id  uuid not null references organisations (id),
    environment      text not null constraint an_app_lives_in_sandbox_or_live check (environment in ('sandbox', 'live')),
    settings         json not null default '{}',
    disabled_at      timestamptz,
    created_at       timestamptz not null default clock_timestamp(),
    retired_at       timestamptz
);
comment on column apps.retired_at is 'When a fresh app took its place and its keys: it is kept because its books are.';
create unique index one_app_per_organisation_and_environment on apps (organisation_id, environment)
    where retired_at is null;

-- Keys are looked up by their text before any app is known: a reference table when distributed.
-- owner: organisations
create table api_keys (
    id             uuid primary key,
    app_id         uuid not null references apps (id),
    key            text not null constraint an_api_key_is_unique unique,
    sealed_secret  bytea not null,
    created_at     timestamptz not null default clock_timestamp(),
    revoked_at     timestamptz
);
create index api_keys_of_app on api_keys (app_id, created_at desc);

-- Kept for the life of the key: the scheme has no timestamp, so a forgotten nonce would re-open its replay (flows 2.1).
-- owner: organisations
create table used_nonces (
    app_id      uuid not null,
    api_key_id  uuid not null,
    hash        bytea not null constraint a_nonce_hash_has_16_bytes check (length(hash) = 16),
    constraint a_nonce_is_used_once primary key (app_id, api_key_id, hash)
);
