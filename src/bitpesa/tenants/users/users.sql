-- name: insert_sign_up(id, token_hash, email, name, password_hash, good_for)
insert into sign_ups (id, token_hash, email, name, password_hash, expires_at)
values ($1, $2, $3, $4, $5, clock_timestamp() + $6::interval)

-- name: sign_up(token_hash)
select id, email, name, password_hash
from sign_ups
where token_hash = $1 and expires_at > clock_timestamp()

-- name: end_sign_ups(email)
-- The first link that is followed makes the user; the others of the address lead nowhere from then on.
delete from sign_ups where email = $1

-- name: forget_old_sign_ups()
delete from sign_ups where expires_at < clock_timestamp()

-- name: insert_user(id, name, email, password_hash, kind, staff_role)
insert into users (id, name, email, password_hash, kind, staff_role)
values ($1, $2, $3, $4, $5, $6)
returning id, name, email, totp_enrolled_at, created_at, disabled_at, staff_role

-- name: user(id)
select id, name, email, totp_enrolled_at, created_at, disabled_at, staff_role
from users
where id = $1

-- name: users(ids)
select id, name, email, totp_enrolled_at, created_at, disabled_at, staff_role
from users
where id = any($1::uuid[])

-- name: user_by_email(email, kind)
select id, name, email, totp_enrolled_at, created_at, disabled_at, staff_role
from users
where email = $1 and kind = $2

-- name: list_users(kind)
select id, name, email, totp_enrolled_at, created_at, disabled_at, staff_role
from users
where kind = $1
order by created_at, id

-- name: page_of_clients(who, limit, offset)
select id, name, email, totp_enrolled_at, created_at, disabled_at, staff_role
from users
where kind = 'client' and ($1::text is null or strpos(email, lower($1)) > 0 or strpos(lower(name), lower($1)) > 0)
order by created_at desc, id desc
limit $2 offset $3

-- name: count_clients(who)
select count(*)
from users
where kind = 'client' and ($1::text is null or strpos(email, lower($1)) > 0 or strpos(lower(name), lower($1)) > 0)

-- name: organisations_of(who, limit)
-- Those with a member whose address has this text in it.
select distinct m.organisation_id
from members m
join users u on u.id = m.user_id
where strpos(u.email, lower($1)) > 0
order by m.organisation_id
limit $2

-- name: lock_staff()
-- Whoever changes one of staff decides by the others as well: changes take turns.
select id, name, email, totp_enrolled_at, created_at, disabled_at, staff_role
from users
where kind = 'staff'
order by id
for no key update

-- name: set_staff_role(id, role)
update users set staff_role = $2
where id = $1 and kind = 'staff'
returning id, name, email, totp_enrolled_at, created_at, disabled_at, staff_role

-- name: password_of(email, kind)
select id, password_hash, disabled_at, totp_enrolled_at
from users
where email = $1 and kind = $2

-- name: set_password(user_id, password_hash)
update users set password_hash = $2 where id = $1

-- name: disable_user(user_id, disabled)
-- Who is disabled twice keeps the first time.
update users set disabled_at = case when $2::boolean then coalesce(disabled_at, clock_timestamp()) end
where id = $1
returning id, name, email, totp_enrolled_at, created_at, disabled_at, staff_role

-- name: totp_secret(user_id)
select sealed_totp_secret, totp_enrolled_at
from users
where id = $1

-- name: propose_totp_secret(user_id, sealed_secret)
-- The secret that a user is shown, until its first code proves that the authenticator has it. Answers the one that
-- counts: two pages that are open at once show the same.
update users set sealed_totp_secret = coalesce(sealed_totp_secret, $2)
where id = $1 and totp_enrolled_at is null
returning sealed_totp_secret

-- name: take_totp_step(user_id, step)
-- A step is taken once, and none before it afterwards: two requests with one code, and one of them is refused.
update users set totp_last_step = $2, totp_enrolled_at = coalesce(totp_enrolled_at, clock_timestamp())
where id = $1 and sealed_totp_secret is not null and coalesce(totp_last_step, -1) < $2
returning id

-- name: reset_totp(user_id)
update users set sealed_totp_secret = null, totp_enrolled_at = null, totp_last_step = null
where id = $1
returning id, name, email, totp_enrolled_at, created_at, disabled_at, staff_role

-- name: sealed_totp_secrets()
select sealed_totp_secret
from users
where sealed_totp_secret is not null

-- name: lock_sealed_totp_secrets()
select id, sealed_totp_secret
from users
where sealed_totp_secret is not null
order by id
for no key update

-- name: set_sealed_totp_secrets(ids, sealed_secrets)
update users u set sealed_totp_secret = s.sealed_secret
from unnest($1::uuid[], $2::bytea[]) as s (id, sealed_secret)
where u.id = s.id

-- name: insert_recovery_codes(user_id, hashes)
insert into recovery_codes (user_id, hash)
select $1, unnest($2::bytea[])

-- name: delete_recovery_codes(user_id)
delete from recovery_codes where user_id = $1

-- name: use_recovery_code(user_id, hash)
update recovery_codes set used_at = clock_timestamp()
where user_id = $1 and hash = $2 and used_at is null
returning user_id

-- name: count_recovery_codes(user_id)
select count(*) from recovery_codes where user_id = $1 and used_at is null

-- name: set_passkey_challenge(session_id, challenge, good_for)
-- One is open for a session at a time: another takes its place.
update sessions set passkey_challenge = $2, passkey_challenge_until = clock_timestamp() + $3::interval
where id = $1 and ended_at is null

-- name: take_passkey_challenge(session_id, challenge)
-- A challenge is taken once, right reply or wrong.
update sessions set passkey_challenge = null, passkey_challenge_until = null
where id = $1 and passkey_challenge = $2 and passkey_challenge_until > clock_timestamp() and ended_at is null
returning id

-- name: insert_passkey(id, user_id, name, credential_id, public_key, sign_count, transports)
-- Nobody registers what somebody has registered already.
insert into passkeys (id, user_id, name, credential_id, public_key, sign_count, transports)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict on constraint a_passkey_is_registered_once do nothing
returning id

-- name: passkeys_of(user_id)
select id, name, credential_id, public_key, sign_count, transports, created_at, last_used_at
from passkeys
where user_id = $1
order by created_at, id

-- name: lock_passkey(user_id, credential_id)
-- Two replies of one passkey take turns, so that each is judged by the count of the one before.
select id, name, credential_id, public_key, sign_count, transports, created_at, last_used_at
from passkeys
where user_id = $1 and credential_id = $2
for no key update

-- name: use_passkey(id, sign_count)
update passkeys set sign_count = $2, last_used_at = clock_timestamp() where id = $1

-- name: delete_passkey(user_id, id)
delete from passkeys where user_id = $1 and id = $2
returning name

-- name: delete_passkeys(user_id)
delete from passkeys where user_id = $1

-- name: insert_password_link(token_hash, user_id, good_for)
insert into password_links (token_hash, user_id, expires_at)
values ($1, $2, clock_timestamp() + $3::interval)

-- name: password_link(token_hash, kind)
select l.user_id, u.email
from password_links l
join users u on u.id = l.user_id
where l.token_hash = $1 and l.used_at is null and l.expires_at > clock_timestamp() and u.disabled_at is null
  and u.kind = $2

-- name: use_password_link(token_hash)
update password_links set used_at = clock_timestamp()
where token_hash = $1 and used_at is null and expires_at > clock_timestamp()
returning user_id

-- name: end_password_links(user_id)
update password_links set used_at = clock_timestamp()
where user_id = $1 and used_at is null

-- name: forget_old_password_links()
delete from password_links where expires_at < clock_timestamp() - interval '1 day'

-- name: set_email(user_id, email)
update users set email = $2 where id = $1

-- name: put_address_change(user_id, email, confirm_hash, keep_hash, good_for)
-- A user waits for one address at a time: the links of the one before lead nowhere.
insert into address_changes as c (user_id, email, confirm_hash, keep_hash, expires_at)
values ($1, $2, $3, $4, clock_timestamp() + $5::interval)
on conflict (user_id) do update
    set email = excluded.email, confirm_hash = excluded.confirm_hash, keep_hash = excluded.keep_hash,
        asked_at = excluded.asked_at, expires_at = excluded.expires_at

-- name: address_change_of(user_id)
select email, expires_at
from address_changes
where user_id = $1 and expires_at > clock_timestamp()

-- name: address_change(user_id, confirm_hash)
select email
from address_changes
where user_id = $1 and confirm_hash = $2 and expires_at > clock_timestamp()

-- name: take_address_change(user_id, confirm_hash)
delete from address_changes
where user_id = $1 and confirm_hash = $2 and expires_at > clock_timestamp()
returning email

-- name: address_change_to_stop(keep_hash, kind)
select c.email
from address_changes c
join users u on u.id = c.user_id
where c.keep_hash = $1 and c.expires_at > clock_timestamp() and u.kind = $2

-- name: end_address_change_of_link(keep_hash, kind)
delete from address_changes c
using users u
where c.keep_hash = $1 and c.expires_at > clock_timestamp() and u.id = c.user_id and u.kind = $2
returning c.user_id

-- name: end_address_change(user_id)
delete from address_changes where user_id = $1
returning user_id

-- name: keep_form(user_id, organisation_id, path, fields)
insert into kept_forms (user_id, organisation_id, path, fields)
values ($1, $2, $3, $4)
on conflict (user_id) do update
set organisation_id = excluded.organisation_id, path = excluded.path, fields = excluded.fields,
    kept_at = clock_timestamp()

-- name: kept_form(user_id, age)
select organisation_id, path, fields from kept_forms where user_id = $1 and kept_at > clock_timestamp() - $2::interval

-- name: discard_form(user_id)
delete from kept_forms where user_id = $1

-- name: forget_old_kept_forms(age)
delete from kept_forms where kept_at < clock_timestamp() - $1::interval

-- name: forget_old_address_changes()
delete from address_changes where expires_at < clock_timestamp()

-- name: begin_try(subject, limit, lock)
-- A try is counted before it is made, so that a thousand at once are not all made. Answers a row when it may be made.
-- A count begins anew when the last failure is as long ago as a lock lasts; the failure that reaches the limit locks.
insert into failed_tries as f (subject, count, locked_until)
values ($1, 1, case when $2::integer <= 1 then clock_timestamp() + $3::interval end)
on conflict (subject) do update
    set count = case when f.last_at < clock_timestamp() - $3::interval then 1 else f.count + 1 end,
        last_at = clock_timestamp(),
        locked_until = case
            when f.last_at >= clock_timestamp() - $3::interval and f.count + 1 >= $2::integer
            then clock_timestamp() + $3::interval
        end
    where f.locked_until is null or f.locked_until <= clock_timestamp()
returning count

-- name: forget_tries(subject)
delete from failed_tries where subject = $1

-- name: take_back_try(subject, with_lock)
-- The try was no failure; those before it still count. A lock that others brought about stays.
update failed_tries set count = count - 1, locked_until = case when not $2::boolean then locked_until end
where subject = $1

-- name: count_today(subject, most)
-- Answers a row while there may be one more.
insert into daily_counts as c (subject, day, count)
values ($1, (clock_timestamp() at time zone 'utc')::date, 1)
on conflict (subject, day) do update set count = c.count + 1
    where c.count < $2::integer
returning count

-- name: forget_old_daily_counts()
delete from daily_counts where day < (clock_timestamp() at time zone 'utc')::date - 1

-- name: forget_old_tries(age)
delete from failed_tries where last_at < clock_timestamp() - $1::interval

-- name: insert_throttled_log_in(id, token_hash, kind, user_id, good_for)
insert into throttled_log_ins (id, token_hash, kind, user_id, expires_at)
values ($1, $2, $3, $4, clock_timestamp() + $5::interval)

-- name: throttled_log_in(token_hash, kind)
select id
from throttled_log_ins
where token_hash = $1 and kind = $2 and expires_at > clock_timestamp()

-- name: try_throttled_log_in(token_hash, most)
-- Counted before it is made, as every try is.
update throttled_log_ins set tries = tries + 1
where token_hash = $1 and expires_at > clock_timestamp() and tries < $2
returning id, user_id

-- name: end_throttled_log_in(token_hash)
delete from throttled_log_ins where token_hash = $1

-- name: end_throttled_log_ins(user_id)
delete from throttled_log_ins where user_id = $1

-- name: forget_old_throttled_log_ins()
delete from throttled_log_ins where expires_at < clock_timestamp()

-- name: insert_session(id, token_hash, user_id, with_second_factor, network_address, user_agent)
-- A session opens the site that its user is of, and no other.
insert into sessions (id, token_hash, user_id, kind, second_factor_at, network_address, user_agent)
select $1, $2, u.id, u.kind, case when $4::boolean then clock_timestamp() end, $5, $6
from users u
where u.id = $3

-- name: session(token_hash, kind, idle, limit, fresh)
select s.id, s.user_id, s.began_at, s.seen_at, s.second_factor_at, s.organisation_id,
    s.network_address, s.user_agent,
    coalesce(s.second_factor_at > clock_timestamp() - $5::interval, false) as is_fresh,
    s.seen_at < clock_timestamp() - interval '1 minute' as is_to_be_touched,
    u.name, u.email, u.totp_enrolled_at, u.created_at, u.disabled_at, u.staff_role
from sessions s
join users u on u.id = s.user_id
where s.token_hash = $1 and s.kind = $2 and s.ended_at is null and u.disabled_at is null
  and s.seen_at > clock_timestamp() - $3::interval and s.began_at > clock_timestamp() - $4::interval

-- name: touch_session(id)
update sessions set seen_at = clock_timestamp() where id = $1

-- name: pass_second_factor(id, token_hash)
-- What a session may do changes, and with it its token: one that was planted or overheard before opens nothing.
update sessions set token_hash = $2, second_factor_at = clock_timestamp(), seen_at = clock_timestamp()
where id = $1 and ended_at is null
returning id

-- name: renew_session_token(id, token_hash)
update sessions set token_hash = $2 where id = $1 and ended_at is null

-- name: look_at(id, organisation_id)
update sessions set organisation_id = $2 where id = $1 and ended_at is null

-- name: look_away(user_id, organisation_id)
-- What is shown next is another organisation, if there is one.
update sessions set organisation_id = null
where user_id = $1 and organisation_id = $2 and ended_at is null

-- name: sessions_of(user_id, idle, limit)
select id, user_id, began_at, seen_at, second_factor_at, organisation_id, network_address, user_agent
from sessions
where user_id = $1 and ended_at is null and second_factor_at is not null
  and seen_at > clock_timestamp() - $2::interval and began_at > clock_timestamp() - $3::interval
order by seen_at desc, id desc

-- name: end_session(user_id, id)
update sessions set ended_at = clock_timestamp()
where user_id = $1 and id = $2 and ended_at is null
returning id

-- name: end_sessions(user_id, except_id)
update sessions set ended_at = clock_timestamp()
where user_id = $1 and ended_at is null and id is distinct from $2::uuid

-- name: forget_old_sessions(age)
delete from sessions where seen_at < clock_timestamp() - $1::interval

-- name: insert_member(organisation_id, user_id, is_administrator, permissions)
insert into members (organisation_id, user_id, is_administrator, permissions)
values ($1, $2, $3, $4)

-- name: members_of_user(user_id)
select organisation_id, user_id, is_administrator, permissions
from members
where user_id = $1
order by joined_at, organisation_id

-- name: members(organisation_id)
select organisation_id, user_id, is_administrator, permissions
from members
where organisation_id = $1
order by joined_at, user_id

-- name: lock_members(organisation_id)
-- Whoever changes one member decides by the others as well: changes of one organisation take turns.
select organisation_id, user_id, is_administrator, permissions
from members
where organisation_id = $1
order by user_id
for update

-- name: set_member(organisation_id, user_id, is_administrator, permissions)
update members set is_administrator = $3, permissions = $4
where organisation_id = $1 and user_id = $2

-- name: delete_member(organisation_id, user_id)
delete from members where organisation_id = $1 and user_id = $2

-- name: insert_invitation(id, token_hash, organisation_id, email, permissions, invited_by, good_for)
insert into invitations (id, token_hash, organisation_id, email, permissions, invited_by, expires_at)
values ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7::interval)
returning id, organisation_id, email, permissions, invited_by, created_at, expires_at, accepted_at, void_at, void_because

-- name: invitations(organisation_id)
select id, organisation_id, email, permissions, invited_by, created_at, expires_at, accepted_at, void_at, void_because
from invitations
where organisation_id = $1 and accepted_at is null and void_at is null and expires_at > clock_timestamp()
order by created_at desc, id desc

-- name: invitations_to(email)
select id, organisation_id, email, permissions, invited_by, created_at, expires_at, accepted_at, void_at, void_because
from invitations
where email = $1 and accepted_at is null and void_at is null and expires_at > clock_timestamp()
order by created_at desc, id desc

-- name: lock_invitation(token_hash, id)
-- By the token of its link, or by its id, which only the user of its address may use.
select id, organisation_id, email, permissions, invited_by, created_at, expires_at, accepted_at, void_at, void_because,
    expires_at <= clock_timestamp() as is_expired
from invitations
where token_hash = $1 or id = $2
for update

-- name: invitation_of_link(token_hash)
select id, organisation_id, email, permissions, invited_by, created_at, expires_at, accepted_at, void_at, void_because
from invitations
where token_hash = $1 and accepted_at is null and void_at is null and expires_at > clock_timestamp()

-- name: accept_invitation(organisation_id, id)
update invitations set accepted_at = clock_timestamp()
where organisation_id = $1 and id = $2

-- name: void_invitation(organisation_id, id, because)
update invitations set void_at = clock_timestamp(), void_because = $3
where organisation_id = $1 and id = $2 and accepted_at is null and void_at is null
returning id

-- name: void_invitations_to(organisation_id, email, because)
update invitations set void_at = clock_timestamp(), void_because = $3
where organisation_id = $1 and email = $2 and accepted_at is null and void_at is null
