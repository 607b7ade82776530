-- owner: webhooks
create table webhooks (
    app_id                uuid not null,
    id                    uuid not null,
    api_key_id            uuid not null,
    sandbox               boolean not null,
    url                   text not null,
    events                text[] not null,
    metadata              json not null default '{}',
    timeouts_in_a_row     integer not null default 0,
    after_event           bigint not null,
    created_at            timestamptz not null,
    disabled_at           timestamptz,
    deleted_at            timestamptz,
    primary key (app_id, id)
);
comment on column webhooks.sandbox is 'Whether its app lives in the sandbox, which never changes.';
comment on column webhooks.after_event is 'The newest event when the webhook was made: it hears only later ones.';
create index webhooks_newest_first on webhooks (app_id, created_at desc, id desc) where deleted_at is null;

-- owner: webhooks
create table webhook_deliveries (
    app_id        uuid not null,
    id            uuid not null,
    webhook_id    uuid not null,
    event_seq     bigint not null,
    subject_id    uuid not null,
    state         text not null constraint a_delivery_waits_or_ended check (state in ('waiting', 'delivered', 'dropped')),
    tries         integer not null default 0,
    due_at        timestamptz,
    leased_until  timestamptz,
    created_at    timestamptz not null,
    primary key (app_id, id),
    constraint an_event_is_delivered_once_per_webhook unique (app_id, webhook_id, event_seq),
    constraint a_delivery_belongs_to_a_webhook foreign key (app_id, webhook_id) references webhooks (app_id, id),
    constraint a_delivery_reports_an_event foreign key (app_id, event_seq) references events (app_id, seq),
    constraint only_a_waiting_delivery_is_due check ((state = 'waiting') = (due_at is not null))
);
comment on column webhook_deliveries.due_at is 'On the clock of the app: in the sandbox a retry comes when its clock is moved.';
comment on column webhook_deliveries.leased_until is
    'In real time: until then a process is at it, wherever the clock of the app is moved meanwhile.';
-- By webhook, so that a claim takes a few of each and one that lags far behind costs the others nothing.
create index webhook_deliveries_due on webhook_deliveries (app_id, webhook_id, due_at) where state = 'waiting';
-- The first try of an event waits for the first try of earlier events of the same story.
create index webhook_deliveries_untried on webhook_deliveries (app_id, webhook_id, subject_id, event_seq)
    where state = 'waiting' and tries = 0;

-- owner: webhooks
create table webhook_logs (
    app_id      uuid not null,
    id          uuid not null,
    webhook_id  uuid not null,
    message     text not null,
    metadata    json not null,
    created_at  timestamptz not null,
    primary key (app_id, id)
);
create index webhook_logs_newest_first on webhook_logs (app_id, created_at desc, id desc);
-- For forgetting the old ones of every app; rows come in order of time, so a sketch of it is enough.
create index webhook_logs_by_age on webhook_logs using brin (created_at);
