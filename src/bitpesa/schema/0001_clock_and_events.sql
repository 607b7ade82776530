-- The kernel's tables. Runs before the code that needs it.

-- owner: kernel
create table app_clocks (
    app_id      uuid primary key,
    moved_by    interval not null default '0',
    stopped_at  timestamptz
);
comment on table app_clocks is 'The clocks of sandbox apps that were moved or stopped; every other app lives in real time.';

-- Milliseconds, because that is what clients are told: expires_at is created_at + 1 h to the millisecond (flows 4.9).
create function clock_now(app uuid) returns timestamptz
language sql stable
return coalesce(
    (select date_trunc('milliseconds', coalesce(c.stopped_at, clock_timestamp() + c.moved_by))
       from app_clocks c where c.app_id = app),
    date_trunc('milliseconds', clock_timestamp()));

-- The latest time any app lives in: claims of due work compare with it first, so that they can use their index, and
-- with the app's own time second.
create function clock_horizon() returns timestamptz
language sql stable
return greatest(
    clock_timestamp(),
    (select max(coalesce(c.stopped_at, clock_timestamp() + c.moved_by)) from app_clocks c));

-- owner: kernel
create table events (
    app_id       uuid not null,
    seq          bigint generated always as identity,
    id           uuid not null,
    name         text not null,
    object_type  text not null,
    object_id    uuid not null,
    subject_id   uuid not null,
    payload      text not null,
    created_at   timestamptz not null default clock_timestamp(),
    told         boolean not null default false,
    primary key (app_id, seq)
);
comment on table events is 'What happened, in the words of the API at that moment. Told: its subscribers have their deliveries.';
create index events_to_tell on events (seq) where not told;
create index events_of_object on events (app_id, object_id, seq);
