-- owner: senders
create table senders (
    app_id             uuid not null,
    id                 uuid not null,
    external_id        text,
    type               text not null constraint a_sender_is_a_person_or_a_business check (type in ('person', 'business')),
    state              text not null,
    state_reason       text,
    onboarding_status  text not null default 'new',
    profile            json not null,
    metadata           json not null default '{}',
    created_at         timestamptz not null,
    updated_at         timestamptz not null,
    primary key (app_id, id),
    constraint a_sender_external_id_is_taken unique (app_id, external_id)
);
create index senders_newest_first on senders (app_id, created_at desc, id desc);
