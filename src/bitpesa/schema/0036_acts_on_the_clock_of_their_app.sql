-- The audit trail also tells when something was done on the clock of the app that it is about, so that an act has its
-- place among the events, attempts and transfers of a payment. Runs before the code that needs it: a column more, which
-- old rows and old code leave empty.

alter table audit_trail add column app_time timestamptz;
comment on column audit_trail.app_time is 'The same moment by the clock of the app, when the act is about one; created_at is the real time.';

-- Why a call was not let in: for the owner of its key, never for the caller. No body and no secret is in it.
alter table api_logs add column explanation json;
comment on column api_logs.explanation is 'A code, a sentence and the text that would have been signed; only of calls that were not let in.';
