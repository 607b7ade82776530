-- Mail on its way to people, and what the sandbox keeps of it. Runs before the code that needs it.

-- owner: mail
create table mails (
    id           uuid primary key,
    recipient    text not null,
    subject      text not null,
    sealed_text  bytea,
    created_at   timestamptz not null default clock_timestamp(),
    due_at       timestamptz,
    tries        integer not null default 0,
    sent_at      timestamptz,
    problem      text,
    constraint what_is_due_has_a_text check (due_at is null or sealed_text is not null)
);
comment on table mails is 'Mail on its way. The text may hold links that log somebody in: sealed, and gone once sent.';
create index mails_due on mails (due_at) where due_at is not null;
create index mails_by_age on mails using brin (created_at);

-- owner: providers
create table sandbox_mails (
    id          uuid primary key,
    recipient   text not null,
    subject     text not null,
    text        text not null,
    created_at  timestamptz not null default clock_timestamp()
);
comment on table sandbox_mails is 'What the sandbox would have sent: shown on a page of its own, where no mail server is set.';
create index sandbox_mails_newest_first on sandbox_mails (created_at desc, id desc);
