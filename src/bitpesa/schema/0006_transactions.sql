-- owner: transactions
create table transactions (
    app_id              uuid not null,
    id                  uuid not null,
    external_id         text,
    sender_id           uuid not null,
    state               text not null,
    state_reason        text,
    input_currency      text not null,
    input_minor         bigint not null,
    paid_minor          bigint not null default 0,
    payin_reference     text not null,
    traits              json not null default '{}',
    metadata            json not null default '{}',
    auto_refund         boolean not null,
    account_validation  boolean not null,
    funded_by           text constraint funded_by_balance_or_collection check (funded_by in ('balance', 'collection')),
    mispaid             boolean not null default false,
    created_at          timestamptz not null,
    updated_at          timestamptz not null,
    expires_at          timestamptz not null,
    funded_at           timestamptz,
    closed_at           timestamptz,
    primary key (app_id, id),
    constraint a_transaction_external_id_is_taken unique (app_id, external_id),
    constraint a_transaction_has_a_sender foreign key (app_id, sender_id) references senders (app_id, id)
);
create index transactions_newest_first on transactions (app_id, created_at desc, id desc);
create index transactions_of_sender on transactions (app_id, sender_id, created_at desc, id desc);
create index transactions_to_expire on transactions (expires_at) where state in ('initial', 'approved', 'pending');

-- owner: recipients
create table recipients (
    app_id                  uuid not null,
    id                      uuid not null,
    transaction_id          uuid not null,
    position                integer not null,
    type                    text not null constraint a_recipient_is_a_person_or_a_business check (type in ('person', 'business')),
    state                   text not null,
    state_reason            text,
    result_code             text,
    requested_minor         bigint not null,
    requested_currency      text not null,
    input_minor             bigint not null constraint a_recipient_costs_something check (input_minor > 0),
    input_currency          text not null,
    output_minor            bigint not null,
    output_currency         text not null,
    fee_minor               bigint not null constraint a_fee_is_inside_the_input check (fee_minor >= 0 and fee_minor < input_minor),
    input_usd_minor         bigint not null,
    rate                    numeric not null,
    payout_method_id        uuid not null,
    payout_type             text not null,
    details                 json not null,
    payout_method_metadata  json not null default '{}',
    metadata                json not null default '{}',
    system_metadata         json not null default '{}',
    left_before_funding     boolean not null default false,
    attempt_id              uuid,
    attempts                integer not null default 0,
    attempt_due_at          timestamptz,
    ask_due_at              timestamptz,
    refund_due_at           timestamptz,
    pending_since           timestamptz,
    cancel_requested_at     timestamptz,
    created_at              timestamptz not null,
    updated_at              timestamptz not null,
    primary key (app_id, id),
    constraint a_recipient_belongs_to_a_transaction foreign key (app_id, transaction_id)
        references transactions (app_id, id)
);
comment on column recipients.attempt_id is 'The attempt that was handed to the provider and has no final answer yet.';
comment on column recipients.rate is 'Units of output currency for one of input currency, margin included, frozen at creation.';
create index recipients_of_transaction on recipients (app_id, transaction_id, position);
create index recipients_newest_first on recipients (app_id, created_at desc, id desc);
create index recipients_to_attempt on recipients (attempt_due_at) where attempt_due_at is not null;
create index recipients_to_ask_about on recipients (ask_due_at) where ask_due_at is not null;
create index recipients_to_refund on recipients (refund_due_at) where refund_due_at is not null;

-- owner: recipients
create table payout_attempts (
    app_id        uuid not null,
    id            uuid not null,
    recipient_id  uuid not null,
    provider      text not null,
    started_at    timestamptz not null,
    answered_at   timestamptz,
    result_code   text,
    answer        text,
    primary key (app_id, id),
    constraint an_attempt_belongs_to_a_recipient foreign key (app_id, recipient_id) references recipients (app_id, id)
);
comment on table payout_attempts is 'Each time a payout was handed to a provider; id is the reference the provider was given.';
create index payout_attempts_of_recipient on payout_attempts (app_id, recipient_id, id);

-- owner: accounts
create table debits (
    app_id           uuid not null,
    id               uuid not null,
    to_type          text not null,
    to_id            uuid not null,
    currency         text not null,
    amount_minor     bigint not null,
    usd_minor        bigint not null,
    running_balance  bigint not null,
    posting_id       uuid not null,
    metadata         json not null default '{}',
    created_at       timestamptz not null,
    primary key (app_id, id),
    constraint a_debit_is_a_posting foreign key (app_id, posting_id) references ledger_postings (app_id, id)
);
create index debits_newest_first on debits (app_id, created_at desc, id desc);
create index debits_of_target on debits (app_id, to_id);
