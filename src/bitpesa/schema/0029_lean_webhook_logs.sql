-- What was sent in an attempt is made from its event again when somebody asks: events are kept longer than logs.
alter table webhook_logs add column event_seq bigint;
comment on column webhook_logs.event_seq is 'What was sent. Null for logs of earlier days, which hold that themselves.';
