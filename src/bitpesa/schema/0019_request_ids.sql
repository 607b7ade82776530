-- The request that an event happened in. Runs before the code that needs it.

alter table events add column request_id uuid;
comment on column events.request_id is 'What the log of the API calls the request, so that a delivery that fails leads back to it.';
