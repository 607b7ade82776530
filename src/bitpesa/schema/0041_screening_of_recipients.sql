-- Recipients are looked up on the sanction lists before they are paid, and again when a list changes before that; what is
-- found of anybody waits for staff. Runs before the code that needs it.

-- owner: screening
create table screening_editions (
    is_the_one  boolean primary key default true constraint there_is_one_edition check (is_the_one),
    edition     bigint not null default 1,
    is_in_use   boolean not null
);
comment on table screening_editions is 'Which edition of the lists, all taken together, is in use; a list that is loaded or retired makes another.';
insert into screening_editions (is_in_use) select exists (select from screening_lists);

-- 0 while there is no list.
create function screening_edition() returns bigint
language sql stable
return (select case when e.is_in_use then e.edition else 0 end from screening_editions e);

create function screening_due() returns timestamptz
language sql stable
return (select clock_timestamp() from screening_editions e where e.is_in_use);

-- owner: screening
alter table screening_lists add column problems text[] not null default '{}';
comment on column screening_lists.problems is 'What was wrong with rows of its file, each with the line; the first ones.';

-- owner: screening
alter table screening_hits
    add column recipient_id uuid,
    add column transaction_id uuid,
    add column confirmed boolean not null default false,
    drop constraint screening_hits_pkey;
create unique index a_match_is_kept_once on screening_hits (app_id, sender_id, recipient_id, list, uid, screened_name)
    nulls not distinct;
create index screening_hits_of_recipient on screening_hits (app_id, recipient_id) where recipient_id is not null;
comment on column screening_hits.recipient_id is 'Whose name it was; null where it was the name of the sender, or of somebody that it named.';
comment on column screening_hits.confirmed is 'Beside the name the birth date is the same.';

-- owner: senders
alter table senders
    add column screened_for bigint,
    add column is_under_review boolean not null default false,
    add column state_before_listed text;
comment on column senders.screened_for is 'The edition of the lists under which it was looked up last.';
comment on column senders.is_under_review is 'It is much like somebody listed: what it pays waits until staff have looked.';
comment on column senders.state_before_listed is 'The state that a sender had which a list had rejected, and which it has again if that was wrong.';

-- owner: recipients
alter table recipients
    add column cleared_for bigint,
    add column screen_due_at timestamptz;
alter table recipients alter column screen_due_at set default screening_due();
comment on column recipients.cleared_for is 'The edition of the lists under which it may be paid: it was looked up, and nothing holds it.';
comment on column recipients.screen_due_at is 'In real time: when it is to be looked up. One that is about to be paid is looked up even without.';
create index recipients_to_screen on recipients (app_id, screen_due_at) where screen_due_at is not null;
