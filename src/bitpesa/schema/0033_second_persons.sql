-- Two persons in fact: what is done to an account of staff so that somebody else can use it. Runs before the code that
-- needs it. On Citus this is a table of one place, like the users.

-- owner: four_eyes
create table access_changes (
    id          uuid primary key,
    user_id     uuid not null,
    kind        text not null
                constraint an_access_change_is_of_a_kind
                check (kind in ('created', 'reopened', 'password_link', 'mfa_reset')),
    changed_by  uuid,
    changer     text not null,
    changed_at  timestamptz not null default clock_timestamp()
);
comment on table access_changes is 'Who created, re-opened or reset which account of staff: such a person and that account are not two.';
comment on column access_changes.changed_by is 'The account of who did it; null at the terminal, where changer is a name.';
create index access_changes_of_user on access_changes (user_id, changed_at);

-- What was done so far stands in the audit trail.
insert into access_changes (id, user_id, kind, changed_by, changer, changed_at)
select t.id, u.id,
    case t.action
        when 'staff.created' then 'created'
        when 'staff.link_renewed' then 'password_link'
        when 'user.enabled' then 'reopened'
        else 'mfa_reset'
    end,
    t.actor_id, t.actor, t.created_at
from audit_trail t
join users u on u.id::text = t.object_id and u.kind = 'staff'
where t.object_type = 'user'
  and t.action in ('staff.created', 'staff.link_renewed', 'user.enabled', 'user.authenticator_reset');
