-- Who did what: everything that people do by hand, of the operator's staff and of clients. Runs before the code that
-- needs it. People write few rows, so that on Citus this is a table of one place, not one that is spread by app.

-- owner: audit_trail
create table audit_trail (
    id               uuid primary key,
    seq              bigint generated always as identity,
    organisation_id  uuid,
    app_id           uuid,
    actor_kind       text not null constraint an_actor_is_of_a_kind check (actor_kind in ('staff', 'user', 'system')),
    actor            text not null constraint an_actor_has_a_name check (actor <> ''),
    actor_id         uuid,
    action           text not null constraint an_action_has_a_name check (action <> ''),
    object_type      text not null,
    object_id        text not null,
    reason           text,
    before           json,
    after            json,
    details          json not null default '{}',
    created_at       timestamptz not null default clock_timestamp()
);
comment on table audit_trail is 'Who did what, when, on which object. Only ever added to.';
comment on column audit_trail.app_id is 'The app that it concerns, if it concerns one; organisation_id likewise.';
comment on column audit_trail.actor is 'The name that the actor had at that time; actor_id is set where there is an account of its own.';
comment on column audit_trail.before is 'What the object was, as far as the action changed it; after likewise. Never a secret.';
comment on column audit_trail.created_at is 'In real time, whatever the clock of the app says.';
create index audit_trail_of_app on audit_trail (app_id, seq desc);
create index audit_trail_of_organisation on audit_trail (organisation_id, seq desc);
create index audit_trail_of_object on audit_trail (object_type, object_id, seq desc);
create index audit_trail_newest_first on audit_trail (seq desc);

create function audit_trail_refuse() returns trigger
language plpgsql as $$
begin
    raise exception 'the audit trail is append-only: what was done stays written'
        using errcode = 'integrity_constraint_violation';
end $$;
create trigger the_trail_is_never_changed before update or delete on audit_trail
    for each row execute function audit_trail_refuse();
create trigger the_trail_is_never_truncated before truncate on audit_trail
    for each statement execute function audit_trail_refuse();

revoke update, delete, truncate on audit_trail from public;
