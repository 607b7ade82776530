-- Documents of senders, and payout methods that are kept to be used again. Runs before the code that needs it.

-- owner: documents
create table documents (
    app_id           uuid not null,
    id               uuid not null,
    sender_id        uuid,
    file_name        text not null,
    content_type     text,
    size_bytes       integer,
    category         text not null default 'uncategorised',
    side             text,
    issuing_country  text,
    document_type    text,
    document_number  text,
    expiry_date      text,
    source           text not null,
    metadata         json not null default '{}',
    source_url       text,
    fetch_due_at     timestamptz,
    fetches          integer not null default 0,
    fetch_problem    text,
    created_at       timestamptz not null,
    disabled_at      timestamptz,
    primary key (app_id, id),
    constraint a_document_has_its_file_or_waits_for_it_or_failed
        check (num_nonnulls(content_type, source_url, fetch_problem) = 1),
    constraint a_file_has_a_type_and_a_size check ((content_type is null) = (size_bytes is null)),
    constraint only_what_lies_elsewhere_is_fetched check (fetch_due_at is null or source_url is not null)
);
comment on table documents is 'Files about senders. The bytes lie outside the database, under app_id/id.';
comment on column documents.sender_id is 'The sender it is about, once there is one; senders stand above documents.';
comment on column documents.source_url is 'Where the file is to be fetched from; forgotten once it is here or given up.';
create index documents_newest_first on documents (app_id, created_at desc, id desc);
create index documents_to_fetch on documents (fetch_due_at) where fetch_due_at is not null;

-- owner: documents
create table unclaimed_files (
    app_id   uuid not null,
    id       uuid not null,
    kept_at  timestamptz not null default clock_timestamp(),
    primary key (app_id, id)
);
comment on table unclaimed_files is
    'Files whose bytes are there, or soon are, while no document has them yet; what stays unclaimed is swept away.';
create index unclaimed_files_by_age on unclaimed_files (kept_at);

-- owner: payout_methods
create table payout_methods (
    app_id       uuid not null,
    id           uuid not null,
    sender_id    uuid,
    type         text not null,
    details      json not null,
    metadata     json not null default '{}',
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    disabled_at  timestamptz,
    primary key (app_id, id),
    constraint a_payout_method_may_belong_to_a_sender foreign key (app_id, sender_id) references senders (app_id, id)
);
create index payout_methods_newest_first on payout_methods (app_id, created_at desc, id desc);
