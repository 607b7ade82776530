-- Locks that keep strangers from guessing and nobody from coming in. Runs before the code that needs it.

-- owner: people
create table throttled_log_ins (
    id           uuid primary key,
    token_hash   bytea not null constraint a_throttled_log_in_is_unique unique,
    kind         text not null constraint a_throttled_log_in_is_to_one_site check (kind in ('client', 'staff')),
    user_id      uuid references users (id),
    tries        integer not null default 0,
    expires_at   timestamptz not null
);
comment on table throttled_log_ins is
    'Log-ins begun while an address or a network is locked: whether the password was right is told with the code.';
comment on column throttled_log_ins.user_id is 'Whose password it was; null when it was nobody''s.';
create index throttled_log_ins_by_age on throttled_log_ins (expires_at);

-- owner: people
create table daily_counts (
    subject  text not null,
    day      date not null,
    count    integer not null,
    primary key (subject, day)
);
comment on table daily_counts is 'How much mail somebody caused on a day of UTC: to an address, for an organisation.';
create index daily_counts_by_age on daily_counts (day);
