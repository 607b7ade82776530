-- The book of the simulated bank. Only the simulator reads and writes it; the platform sees its answers.
-- owner: providers
create table simulator_orders (
    app_id             uuid not null,
    reference          uuid not null,
    recipient_id       uuid not null,
    payout_type        text not null,
    currency           text not null,
    amount_minor       bigint not null,
    code               text,
    is_open            boolean not null generated always as (coalesce(code ~ '^[12]', false)) stored,
    payment_reference  text,
    paid_minor         bigint constraint only_a_paid_order_paid_something check (paid_minor is null or code = '0'),
    created_at         timestamptz not null default clock_timestamp(),
    updated_at         timestamptz not null default clock_timestamp(),
    primary key (app_id, reference)
);
comment on column simulator_orders.code is
    'What the bank answers. Null: it refused the order, and will never take one with this reference.';
comment on column simulator_orders.is_open is
    'Whether the order may still be paid or fail: codes that begin with 1 and 2. What was closed never changes.';
create index simulator_orders_of_recipient on simulator_orders (app_id, recipient_id, created_at);

-- What the simulated bank has been told to answer for a recipient, instead of what its number says.
-- owner: providers
create table simulator_scripts (
    app_id        uuid not null,
    recipient_id  uuid not null,
    code          text not null,
    paid_minor    bigint constraint only_a_payment_has_an_amount check (paid_minor is null or code = '0'),
    once          boolean not null default false,
    primary key (app_id, recipient_id)
);
comment on column simulator_scripts.once is 'Whether it holds for the next answer only. Otherwise until it is replaced.';
