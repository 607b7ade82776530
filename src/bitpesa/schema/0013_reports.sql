-- Files that clients fetch, and when the next ones are due (flows 12.1).

-- owner: reports
create table reports (
    app_id      uuid not null,
    type        text not null constraint a_report_is_of_a_known_type check (type in ('transaction', 'account')),
    cadence     text not null constraint a_report_is_monthly_or_daily check (cadence in ('monthly', 'daily')),
    starts_on   date not null,
    edition     integer not null default 1,
    row_count   bigint not null default 0,
    size_bytes  bigint not null default 0,
    made_at     timestamptz not null,
    constraint one_report_per_type_and_period primary key (app_id, type, cadence, starts_on),
    constraint a_monthly_report_begins_with_its_month check (cadence = 'daily' or extract(day from starts_on) = 1)
);
comment on column reports.edition is 'How often it was made: pieces of one edition are never mixed with those of another.';
comment on column reports.made_at is 'The time that the app lived in.';

-- Large files in pieces: nobody ever holds more than one of them in memory.
-- owner: reports
create table report_pieces (
    app_id     uuid not null,
    type       text not null,
    cadence    text not null,
    starts_on  date not null,
    edition    integer not null,
    position   integer not null,
    content    bytea not null,
    primary key (app_id, type, cadence, starts_on, edition, position),
    constraint a_piece_belongs_to_a_report foreign key (app_id, type, cadence, starts_on)
        references reports (app_id, type, cadence, starts_on) on delete cascade
);

-- owner: reports
create table report_schedules (
    app_id   uuid not null,
    cadence  text not null constraint a_schedule_is_monthly_or_daily check (cadence in ('monthly', 'daily')),
    next_on  date not null,
    due_at   timestamptz not null,
    primary key (app_id, cadence)
);
comment on column report_schedules.next_on is 'The first day of the next period to report; due_at is when, in the app''s time.';
create index report_schedules_due on report_schedules (due_at);

-- Transactions that ended before any money came, by when. Few end so, and no other is ever in this index.
create index transactions_never_funded on transactions (app_id, least(closed_at, expires_at))
    where state = 'canceled' and funded_at is null;
