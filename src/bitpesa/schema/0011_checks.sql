-- Consents that recipients of rand sign before they are paid: one for a name and a bank account, each calendar year.
-- owner: mandates
create table mandates (
    app_id       uuid not null,
    id           uuid not null,
    beneficiary  text not null,
    year         integer not null,
    status       text not null constraint a_mandate_has_a_status
        check (status in ('pending', 'notified', 'signed', 'failed', 'bypassed')),
    type_id      integer not null,
    reference    text not null,
    signed_at    timestamptz,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    primary key (app_id, id),
    constraint only_a_signed_mandate_was_signed check ((status = 'signed') = (signed_at is not null))
);
comment on column mandates.beneficiary is 'A digest of the name and the bank account: other details need another mandate.';
create unique index one_mandate_for_a_beneficiary_and_year on mandates (app_id, beneficiary, year) where status <> 'failed';

-- owner: recipients
alter table recipients add column mandate_id uuid;
alter table recipients add constraint a_recipient_may_have_a_mandate
    foreign key (app_id, mandate_id) references mandates (app_id, id);
create index recipients_of_mandate on recipients (app_id, mandate_id) where mandate_id is not null;

-- Sanction lists as they were loaded last. Country facts, not an app's: on Citus a reference table.
-- owner: screening
create table screening_lists (
    name          text primary key,
    format        text not null,
    sandbox_only  boolean not null,
    entries       integer not null,
    version       uuid not null,
    loaded_at     timestamptz not null default clock_timestamp()
);
comment on column screening_lists.version is 'New at every load: whoever keeps the entries in memory sees by it that they are old.';

-- owner: screening
create table screening_entries (
    list         text not null references screening_lists (name) on delete cascade,
    uid          text not null,
    kind         text not null constraint a_listed_one_is_of_a_kind check (kind in ('person', 'entity', 'other', 'unknown')),
    names        text[] not null,
    birth_dates  text[] not null,
    countries    text[] not null,
    programme    text not null,
    primary key (list, uid)
);

-- Senders that are like somebody on a list, for the operator to look at. Kept when the list changes.
-- owner: screening
create table screening_hits (
    app_id         uuid not null,
    sender_id      uuid not null,
    list           text not null,
    uid            text not null,
    screened_name  text not null,
    listed_name    text not null,
    score          integer not null,
    decisive       boolean not null,
    reasons        text[] not null,
    programme      text not null,
    found_at       timestamptz not null,
    dismissed_at   timestamptz,
    primary key (app_id, sender_id, list, uid, screened_name)
);
comment on column screening_hits.dismissed_at is 'When staff approved the sender all the same: the hit counts no more.';
create index screening_hits_open on screening_hits (found_at) where dismissed_at is null;

-- owner: senders
alter table senders add column screen_due_at timestamptz;
comment on column senders.screen_due_at is 'In real time: when the sender is to be looked up on the sanction lists.';
create index senders_to_screen on senders (screen_due_at) where screen_due_at is not null;
