-- The book of the simulated bank. Only the simulator reads and writes it; the platform sees its answers.
-- owner: providers
create table simulator_orders (
    app_id             uuid not null,
    reference          uuid not null,
    recipient_id       uuid not null,
    payout_type        text not null,
    currency           text not null,
    amount_minor       bigint not null,
    code               text not null,
    payment_reference  text,
    paid_minor         bigint,
    created_at         timestamptz not null default clock_timestamp(),
    updated_at         timestamptz not null default clock_timestamp(),
    primary key (app_id, reference)
);
create index simulator_orders_of_recipient on simulator_orders (app_id, recipient_id, created_at);

-- What the simulated bank has been told to answer for a recipient, instead of what its number says.
-- owner: providers
create table simulator_scripts (
    app_id        uuid not null,
    recipient_id  uuid not null,
    code          text not null,
    paid_minor    bigint,
    primary key (app_id, recipient_id)
);
