-- Where sanction lists came from, looking everybody up again in small steps, and the results of audits. Runs before the
-- code that needs it.

-- owner: screening
alter table screening_lists
    add column loaded_by text,
    add column file_name text,
    add column sha256 text;
comment on column screening_lists.loaded_by is 'Who loaded it, from which file; null for lists that were loaded before this was written down.';

comment on table screening_hits is 'Senders that are like somebody on a list. Kept when the list changes; they count while there is a list of that name.';

-- owner: senders
create table screening_rounds (
    is_the_one     boolean primary key default true constraint there_is_one_round check (is_the_one),
    begun_at       timestamptz not null default clock_timestamp(),
    after_app_id   uuid not null default '00000000-0000-0000-0000-000000000000',
    after_id       uuid not null default '00000000-0000-0000-0000-000000000000'
);
comment on table screening_rounds is 'While there is a row, senders are made due for screening in the order of their ids; it says up to which they are.';

-- owner: reports
create table audits (
    id             uuid primary key,
    seq            bigint generated always as identity,
    taken_at       timestamptz not null,
    run_by         text not null constraint somebody_runs_an_audit check (run_by <> ''),
    run_by_id      uuid,
    checks         integer not null,
    disagreements  integer not null,
    report         json not null
);
comment on table audits is 'What audits of the books found, wherever they were run.';
comment on column audits.run_by_id is 'Whose account it was; null at the terminal, where there are none.';
create unique index audits_newest_first on audits (seq desc);
