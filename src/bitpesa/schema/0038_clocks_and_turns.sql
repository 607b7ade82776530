-- Clocks stay near the real time, every claim of due work finds its rows by app, and a row that fails is left out. Runs
-- before the code that needs it.

-- A sandbox clock that was moved past the calendar made everything that was read together with its app undecodable. What
-- was moved too far comes back to the default bound; whatever is written later is bounded once more where it is read.
alter table app_clocks add column moved_at timestamptz not null default clock_timestamp();
comment on column app_clocks.moved_at is
    'When the clock was last moved or stopped, in real time: what became due by that has not been late for longer.';
update app_clocks
set moved_by = least(greatest(moved_by, interval '-366 days'), interval '366 days'),
    stopped_at = least(greatest(stopped_at, clock_timestamp() - interval '366 days'), clock_timestamp() + interval '366 days');
alter table app_clocks add constraint a_clock_stays_within_ten_years
    check (moved_by between interval '-3660 days' and interval '3660 days');

create or replace function clock_now(app uuid) returns timestamptz
language sql stable
return coalesce(
    (select date_trunc('milliseconds', least(greatest(
         coalesce(c.stopped_at, clock_timestamp() + c.moved_by),
         clock_timestamp() - interval '3660 days'), clock_timestamp() + interval '3660 days'))
       from app_clocks c where c.app_id = app),
    date_trunc('milliseconds', clock_timestamp()));
comment on function clock_now is 'The time that an app lives in: never more than ten years from the real time, whatever its clock says.';

-- A claim joins it rather than ask for the time of each app: it becomes part of the statement. By its clock a row may have
-- been due for a year though the clock was moved there a moment ago: what was due has been late since then at most.
create function moved_clocks() returns table (app_id uuid, app_time timestamptz, moved_at timestamptz)
language sql stable
begin atomic
    select c.app_id, date_trunc('milliseconds', least(greatest(
        coalesce(c.stopped_at, clock_timestamp() + c.moved_by),
        clock_timestamp() - interval '3660 days'), clock_timestamp() + interval '3660 days')), c.moved_at
    from app_clocks c;
end;
comment on function moved_clocks is 'The apps that live in a time of their own, and that time, as clock_now has it.';

-- owner: kernel
create table quarantined_rows (
    topic            text not null,
    key              text not null,
    app_id           uuid,
    failures         integer not null default 1,
    problem          text not null,
    first_failed_at  timestamptz not null default clock_timestamp(),
    failed_at        timestamptz not null default clock_timestamp(),
    retry_at         timestamptz,
    primary key (topic, key)
);
comment on table quarantined_rows is
    'Rows of due work that failed unexpectedly. Claims leave them out until they are tried again, so that others go on.';
comment on column quarantined_rows.retry_at is 'Null: it failed too often, and waits for staff.';

create function quarantined(of_topic text) returns text[]
language sql stable
return coalesce(
    (select array_agg(q.key) from quarantined_rows q
      where q.topic = of_topic and (q.retry_at is null or q.retry_at > clock_timestamp())),
    '{}'::text[]);
comment on function quarantined is 'The keys of the rows that a claim leaves out for now.';

-- A claim jumps from app to app in these, and takes a few rows of each: an app with a backlog, or with a clock that was
-- moved, costs the others nothing.
drop index recipients_to_attempt;
create index recipients_to_attempt on recipients (app_id, attempt_due_at) where attempt_due_at is not null;
drop index recipients_to_ask_about;
create index recipients_to_ask_about on recipients (app_id, ask_due_at) where ask_due_at is not null;
drop index recipients_to_refund;
create index recipients_to_refund on recipients (app_id, refund_due_at) where refund_due_at is not null;
drop index transactions_to_expire;
create index transactions_to_expire on transactions (app_id, expires_at) where state in ('initial', 'approved', 'pending');
drop index payin_methods_to_start;
create index payin_methods_to_start on payin_methods (app_id, start_due_at) where start_due_at is not null;
drop index payin_methods_to_ask_about;
create index payin_methods_to_ask_about on payin_methods (app_id, ask_due_at) where ask_due_at is not null;
drop index documents_to_fetch;
create index documents_to_fetch on documents (app_id, fetch_due_at) where fetch_due_at is not null;
drop index senders_to_screen;
create index senders_to_screen on senders (app_id, screen_due_at) where screen_due_at is not null;
drop index report_schedules_due;
create index report_schedules_due on report_schedules (app_id, due_at);

-- Events are told in turns between apps: the key in another order, rather than one more index to write.
alter table untold_events drop constraint untold_events_pkey;
alter table untold_events add primary key (app_id, seq);

-- Mail belongs to no app: turns are between the organisations that have it sent, and otherwise between those who get it.
alter table mails add column on_behalf_of uuid;
update mails set on_behalf_of = md5(recipient)::uuid;
alter table mails alter column on_behalf_of set default gen_random_uuid(), alter column on_behalf_of set not null;
comment on column mails.on_behalf_of is 'The organisation that has it sent, or what stands for its recipient: mail takes turns by it.';
drop index mails_due;
create index mails_due on mails (on_behalf_of, due_at) where due_at is not null;

-- What is forgotten is looked for by app as well: one clock that was moved ahead had the whole table read.
drop index kept_answers_by_age;
create index kept_answers_by_age on kept_answers (app_id, created_at);
drop index call_counts_by_age;
create index call_counts_by_age on call_counts (app_id, since);
