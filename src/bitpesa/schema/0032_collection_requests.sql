-- A request to a payer keeps who was handed it and what was asked for: it is asked about there and as such. Runs before the
-- code that needs it. Requests of earlier releases have no row, since nobody kept where they went: they are asked about
-- at the provider of their type, and stay unknown where there is none.

-- owner: collections
create table collection_requests (
    app_id            uuid not null,
    id                uuid not null,
    payin_method_id   uuid not null,
    provider          text not null,
    collection_order  json not null,
    started_at        timestamptz not null,
    primary key (app_id, id),
    constraint a_request_belongs_to_a_payin_method foreign key (app_id, payin_method_id)
        references payin_methods (app_id, id)
);
comment on table collection_requests is 'Each time a payer was asked through a provider; id is the reference the provider was given.';
comment on column collection_requests.collection_order is
    'What the provider was given: type, flow, amount, references, details. It goes when the details of the payin method go.';
create index collection_requests_of_payin_method on collection_requests (app_id, payin_method_id);

alter table payin_methods add column faults integer not null default 0;
comment on column payin_methods.faults is
    'How often the work on it failed unexpectedly since a provider last answered; too often, and machines keep off it.';
