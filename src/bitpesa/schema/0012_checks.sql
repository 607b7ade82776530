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
