-- What waits for the operator's people. Runs before the code that needs it.

-- owner: transactions
alter table transactions add column held_for text;
comment on column transactions.held_for is 'Why people have to look at it before its payouts start (state processing). Clients never see it.';
create index transactions_for_people on transactions (updated_at) where state in ('processing', 'exception');

-- owner: recipients
alter table recipients add column faults integer not null default 0;
comment on column recipients.faults is 'How often the work on it failed unexpectedly since a provider last answered.';
create index recipients_for_people on recipients (updated_at) where state in ('stuck', 'manual', 'exception');

-- owner: senders
create index senders_for_people on senders (created_at) where state in ('initial', 'verified');

-- owner: mandates
create index mandates_unsigned on mandates (created_at) where status in ('pending', 'notified');
