-- Collections: payin methods, the money that reached them, and the book of the simulated collecting provider.

-- owner: collections
create table payin_methods (
    app_id          uuid not null,
    id              uuid not null,
    transaction_id  uuid not null,
    position        integer not null default 0,
    type            text not null,
    ux_flow         text,
    state           text not null,
    result_code     text,
    state_reason    text,
    in_details      json not null default '{}',
    out_details     json not null default '{}',
    page_token      text,
    attempt_id      uuid,
    attempts        integer not null default 0,
    start_due_at    timestamptz,
    ask_due_at      timestamptz,
    pending_since   timestamptz,
    closed_at       timestamptz,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    primary key (app_id, id),
    constraint a_page_has_one_payin_method unique (app_id, page_token),
    constraint a_payin_method_belongs_to_a_transaction foreign key (app_id, transaction_id)
        references transactions (app_id, id)
);
comment on column payin_methods.attempt_id is 'The reference under which the collecting provider was last asked.';
comment on column payin_methods.closed_at is 'When money stopped being welcome; what comes later is surplus.';
create index payin_methods_of_transaction on payin_methods (app_id, transaction_id, position);
create index payin_methods_to_start on payin_methods (start_due_at) where start_due_at is not null;
create index payin_methods_to_ask_about on payin_methods (ask_due_at) where ask_due_at is not null;

-- owner: collections
create table payin_receipts (
    app_id           uuid not null,
    id               uuid not null,
    transaction_id   uuid not null,
    payin_method_id  uuid not null,
    reference        text not null,
    currency         text not null,
    amount_minor     bigint not null constraint a_receipt_is_more_than_nothing check (amount_minor > 0),
    accepted         boolean not null,
    received_at      timestamptz not null,
    returned_at      timestamptz constraint what_funds_is_not_returned_as_surplus check (returned_at is null or not accepted),
    primary key (app_id, id),
    constraint a_receipt_is_booked_once unique (app_id, payin_method_id, reference),
    constraint a_receipt_belongs_to_a_payin_method foreign key (app_id, payin_method_id)
        references payin_methods (app_id, id)
);
comment on table payin_receipts is 'Money that reached a payin method: accepted for its transaction, or surplus that goes back to the payer.';
comment on column payin_receipts.reference is 'The collecting provider''s own name for the money.';
create unique index a_transaction_accepts_money_once on payin_receipts (app_id, transaction_id) where accepted;
create index payin_receipts_of_transaction on payin_receipts (app_id, transaction_id);
create index payin_receipts_to_return on payin_receipts (app_id, received_at) where not accepted and returned_at is null;

-- Money that was not accepted is taken in once and given back once.
create unique index a_surplus_is_taken_once on ledger_postings (app_id, reference) where kind = 'surplus';
create unique index a_surplus_is_returned_once on ledger_postings (app_id, reference) where kind = 'return';

-- owner: providers
create table simulated_collections (
    app_id           uuid not null,
    reference        uuid not null,
    payin_method_id  uuid not null,
    payin_type       text not null,
    ux_flow          text not null,
    currency         text not null,
    amount_minor     bigint not null,
    code             text,
    created_at       timestamptz not null default clock_timestamp(),
    updated_at       timestamptz not null default clock_timestamp(),
    primary key (app_id, reference)
);
comment on column simulated_collections.code is
    'What the provider answers. Null: it refused the request, and will never take one with this reference.';
create index simulated_collections_of_payin_method on simulated_collections (app_id, payin_method_id);

-- owner: providers
create table simulated_receipts (
    app_id           uuid not null,
    reference        uuid not null,
    payin_method_id  uuid not null,
    currency         text not null,
    amount_minor     bigint not null constraint a_simulated_receipt_is_more_than_nothing check (amount_minor > 0),
    cleared          boolean not null,
    created_at       timestamptz not null default clock_timestamp(),
    primary key (app_id, reference)
);
create index simulated_receipts_of_payin_method on simulated_receipts (app_id, payin_method_id, created_at);

-- What the payer of a payin method was told to do, until he is next asked.
-- owner: providers
create table simulated_payers (
    app_id           uuid not null,
    payin_method_id  uuid not null,
    code             text not null,
    primary key (app_id, payin_method_id)
);
