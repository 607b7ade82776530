-- Forms that were sent after a session was over wait for their user to log in. Runs before the code that needs it. On
-- Citus this is a table of one place, as those of people are.

-- owner: people
create table kept_forms (
    user_id          uuid primary key references users (id),
    organisation_id  uuid references organisations (id),
    path             text not null,
    fields           json not null,
    kept_at          timestamptz not null default clock_timestamp()
);
comment on table kept_forms is 'What a user sent after the session was over: one form each, without secrets, for an hour.';
create index kept_forms_by_age on kept_forms (kept_at);

comment on column sessions.environment is
    'Not used any more: the address of a page names its environment. It goes once no earlier release runs.';
