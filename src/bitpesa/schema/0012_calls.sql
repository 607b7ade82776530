-- What is kept of calls: answers under the clients' own keys, and the log. Runs before the code that needs it.

-- owner: idempotency
create table kept_answers (
    app_id       uuid not null,
    key          text not null,
    fingerprint  bytea not null,
    status       integer not null,
    body         bytea not null,
    created_at   timestamptz not null,
    constraint a_key_has_one_answer primary key (app_id, key)
);
comment on table kept_answers is 'What a write under an Idempotency-Key was answered. Written in the transaction of its effect.';
comment on column kept_answers.fingerprint is 'Of method, path, query and body: the same key with another is refused.';
-- Rows come in order of time, so a sketch of it is enough.
create index kept_answers_by_age on kept_answers using brin (created_at);

-- owner: api_logs
create table api_logs (
    app_id            uuid not null,
    id                uuid not null,
    request_method    text not null,
    request_url       text not null,
    request_headers   json not null,
    request_body      text not null,
    response_status   integer not null,
    response_headers  json not null,
    response_body     text not null,
    created_at        timestamptz not null,
    primary key (app_id, id)
);
comment on table api_logs is 'One row per call of a known key. Secrets are masked, uploads left out, bodies cut before they come here.';
create index api_logs_newest_first on api_logs (app_id, created_at desc, id desc);
create index api_logs_by_age on api_logs using brin (created_at);

-- Events of a range of time, for telling them once more. Rows come in order of time, so a sketch of it is enough.
create index events_by_time on events using brin (created_at);
comment on column events.created_at is 'On the clock of the app.';

-- owner: soft_limits
create table call_counts (
    app_id      uuid not null,
    name        text not null,
    subject_id  uuid not null,
    since       timestamptz not null,
    count       integer not null,
    constraint a_window_is_counted_once primary key (app_id, name, subject_id, since)
);
comment on table call_counts is 'How often an app called in a window of time. Processes add to it every now and then.';
comment on column call_counts.subject_id is 'The transaction that was looked at; all zeros: the app as a whole.';
create index call_counts_by_age on call_counts using brin (since);
