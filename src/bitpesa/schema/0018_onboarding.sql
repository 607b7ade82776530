-- On the way to live: what an integration has shown, and what staff said to it. Runs before the code that needs it.

-- owner: onboarding
create table onboarding_ticks (
    organisation_id  uuid not null references organisations (id),
    name             text not null,
    app_id           uuid not null,
    evidence         json not null,
    ticked_at        timestamptz not null default clock_timestamp(),
    constraint a_check_is_ticked_once primary key (organisation_id, name)
);
comment on table onboarding_ticks is
    'Checks that an integration has passed. Kept, since logs are forgotten and a sandbox app may be begun anew.';
comment on column onboarding_ticks.app_id is 'The sandbox app in which it was seen.';

-- owner: onboarding
create table onboarding_requests (
    organisation_id  uuid not null references organisations (id),
    id               uuid not null,
    asked_by         text not null,
    asked_at         timestamptz not null default clock_timestamp(),
    reason           text,
    state            text not null default 'waiting'
                     constraint a_request_waits_or_was_decided check (state in ('waiting', 'approved', 'returned')),
    decided_by       text,
    decided_at       timestamptz,
    answer           text,
    primary key (organisation_id, id),
    constraint a_decision_is_somebody_s check ((state = 'waiting') = (decided_by is null))
);
comment on table onboarding_requests is 'Each time an organisation asked for live access.';
comment on column onboarding_requests.reason is 'Why it asks although checks are open.';
create unique index one_request_waits_at_a_time on onboarding_requests (organisation_id) where state = 'waiting';
