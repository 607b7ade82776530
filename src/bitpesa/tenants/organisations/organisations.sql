-- name: insert_organisation(id, name, country, city, street, postal_code, phone_country, phone_number)
insert into organisations (id, name, country, city, street, postal_code, phone_country, phone_number)
values ($1, $2, $3, $4, $5, $6, $7, $8)
returning id, name, created_at, country, city, street, postal_code, phone_country, phone_number

-- name: organisations(ids)
select id, name, created_at, country, city, street, postal_code, phone_country, phone_number
from organisations
where id = any($1::uuid[])

-- name: list_organisations()
select id, name, created_at, country, city, street, postal_code, phone_country, phone_number
from organisations
order by created_at, id

-- name: page_of_organisations(name, first, also, limit, offset)
-- Those in `first` before all others; those in `also` whatever they are called.
select id, name, created_at, country, city, street, postal_code, phone_country, phone_number
from organisations
where $1::text is null or strpos(lower(name), lower($1)) > 0 or id = any($3::uuid[])
order by id = any($2::uuid[]) desc, created_at desc, id desc
limit $4 offset $5

-- name: count_organisations(name, also)
select count(*)
from organisations
where $1::text is null or strpos(lower(name), lower($1)) > 0 or id = any($2::uuid[])

-- name: organisations_named(name)
select id, name, created_at, country, city, street, postal_code, phone_country, phone_number
from organisations
where name = $1
order by created_at, id

-- name: insert_app(id, organisation_id, environment, settings)
-- Answers no row when there is no such organisation.
insert into apps (id, organisation_id, environment, settings)
select $1::uuid, o.id, $3::text, $4::text::json
from organisations o
where o.id = $2
returning id, organisation_id, environment, settings::text as settings, disabled_at

-- name: app(app_id)
select id, organisation_id, environment, settings::text as settings, disabled_at
from apps
where id = $1

-- name: environment_of(app_id)
-- And nothing of its settings: due work goes on where somebody has spoilt them.
select environment from apps where id = $1

-- name: apps(ids)
select id, organisation_id, environment, settings::text as settings, disabled_at
from apps
where id = any($1::uuid[])

-- name: apps_in_use()
select id, organisation_id, environment, settings::text as settings, disabled_at
from apps
where retired_at is null
order by id

-- name: page_of_apps(name, limit, offset)
-- By what their organisations are called.
select a.id, a.organisation_id, a.environment, a.settings::text as settings, a.disabled_at
from apps a
join organisations o on o.id = a.organisation_id
where a.retired_at is null and ($1::text is null or strpos(lower(o.name), lower($1)) > 0)
order by lower(o.name), o.id, a.environment desc
limit $2 offset $3

-- name: count_apps(name)
select count(*)
from apps a
join organisations o on o.id = a.organisation_id
where a.retired_at is null and ($1::text is null or strpos(lower(o.name), lower($1)) > 0)

-- name: apps_of_organisations(organisation_ids)
select id, organisation_id, environment, settings::text as settings, disabled_at
from apps
where organisation_id = any($1::uuid[]) and retired_at is null
order by environment desc

-- name: retire_app(app_id)
-- Answers no row when somebody else did it: two at once take turns at the row.
update apps set retired_at = clock_timestamp()
where id = $1 and retired_at is null
returning id, organisation_id, environment, settings::text as settings, disabled_at

-- name: move_keys(app_id, to_app_id)
-- Nonces are the keys' own, so that what was used once stays used.
update api_keys set app_id = $2 where app_id = $1

-- name: lock_app(app_id)
-- Settings are read, changed and written back: two changes at once take turns.
select id, organisation_id, environment, settings::text as settings, disabled_at
from apps
where id = $1
for no key update

-- name: set_settings(app_id, settings)
update apps set settings = $2::text::json
where id = $1
returning id, organisation_id, environment, settings::text as settings, disabled_at

-- name: set_disabled(app_id, disabled)
-- An app that is disabled twice keeps the first time.
update apps set disabled_at = case when $2::boolean then coalesce(disabled_at, clock_timestamp()) end
where id = $1
returning id, organisation_id, environment, settings::text as settings, disabled_at

-- name: insert_key(id, app_id, key, sealed_secret, is_enabled)
insert into api_keys (id, app_id, key, sealed_secret, enabled_at)
values ($1, $2, $3, $4, case when $5::boolean then clock_timestamp() end)
returning id, app_id, key, created_at, revoked_at, enabled_at,
    enabled_at is not null and (revoked_at is null or revoked_at > clock_timestamp()) as is_active

-- name: keys_of_app(app_id)
select id, app_id, key, created_at, revoked_at, enabled_at,
    enabled_at is not null and (revoked_at is null or revoked_at > clock_timestamp()) as is_active
from api_keys
where app_id = $1
order by created_at desc, id desc

-- name: revoke_key(app_id, id, after)
-- An end that was set before is only ever brought nearer.
update api_keys set revoked_at = least(revoked_at, clock_timestamp() + $3::interval)
where app_id = $1 and id = $2
returning id, app_id, key, created_at, revoked_at, enabled_at,
    enabled_at is not null and (revoked_at is null or revoked_at > clock_timestamp()) as is_active

-- name: enable_key(key)
-- Staff name a key by its text. One that is enabled twice keeps the first time.
update api_keys set enabled_at = coalesce(enabled_at, clock_timestamp())
where key = $1
returning id, app_id, key, created_at, revoked_at, enabled_at,
    enabled_at is not null and (revoked_at is null or revoked_at > clock_timestamp()) as is_active

-- name: delete_useless_nonces(age, most)
-- A key that was revoked never signs again, so nothing can be replayed under it. Through the keys of the nonces, since
-- their table is large and few keys are ever revoked.
with useless as (
    select n.api_key_id, n.hash
    from api_keys k
    cross join lateral (
        select u.api_key_id, u.hash from used_nonces u
        where u.api_key_id = k.id
        limit $2
    ) as n
    where k.revoked_at < clock_timestamp() - $1::interval and k.app_id is not null
    limit $2
)
delete from used_nonces u using useless n
where u.api_key_id = n.api_key_id and u.hash = n.hash

-- name: sealed_key(app_id, id)
select k.id, k.app_id, k.key, k.sealed_secret, a.environment
from api_keys k
join apps a on a.id = k.app_id
where k.app_id = $1 and k.id = $2

-- name: sealed_key_by_text(key)
select k.id, k.app_id, k.key, k.sealed_secret, a.environment
from api_keys k
join apps a on a.id = k.app_id
where k.key = $1
  and k.enabled_at is not null and (k.revoked_at is null or k.revoked_at > clock_timestamp())

-- name: sealed_keys_to_sign_with(app_ids, preferred_ids)
-- Of each app the preferred key while it is active, else the newest active one (flows 9.3).
select wanted.preferred_id, k.id, k.app_id, k.key, k.sealed_secret, a.environment
from unnest($1::uuid[], $2::uuid[]) as wanted (app_id, preferred_id)
join apps a on a.id = wanted.app_id
cross join lateral (
    select k.id, k.app_id, k.key, k.sealed_secret
    from api_keys k
    where k.app_id = wanted.app_id
      and k.enabled_at is not null and (k.revoked_at is null or k.revoked_at > clock_timestamp())
    order by (k.id = wanted.preferred_id) desc, k.created_at desc, k.id desc
    limit 1
) as k

-- name: sealed_secrets()
select sealed_secret
from api_keys

-- name: lock_sealed_secrets()
select id, sealed_secret
from api_keys
order by id
for no key update

-- name: set_sealed_secrets(ids, sealed_secrets)
update api_keys k set sealed_secret = s.sealed_secret
from unnest($1::uuid[], $2::bytea[]) as s (id, sealed_secret)
where k.id = s.id

-- name: active_app(app_id, api_key_id)
select a.id, a.organisation_id, a.environment, a.settings::text as settings, a.disabled_at, a.xmin::text as version,
    clock_now(a.id) as app_time, clock_is_own(a.id) as has_own_clock
from apps a
join api_keys k on k.app_id = a.id
where a.id = $1 and k.id = $2 and a.disabled_at is null
  and k.enabled_at is not null and (k.revoked_at is null or k.revoked_at > clock_timestamp())

-- name: burn_nonces(rows)
-- One round trip for all that requests must know: no row when the nonce was used, the key revoked or the app disabled.
-- The commit does not wait for the disk. That is safe: whatever the request goes on to change is committed later and
-- durably, and that commit writes everything before it to disk first, this row included. A crash may forget the nonces
-- of requests that changed nothing, and repeating those changes nothing either.
with hasty as materialized (
    select set_config('synchronous_commit', 'off', true)
),
asked as materialized (
    select a.id as app_id, k.id as api_key_id, a.organisation_id, a.environment, a.settings,
        null::timestamptz as disabled_at,  -- whoever is let in has none
        a.xmin::text as version,
        decode(n.hash, 'base64') as hash
    from hasty, (
        select * from json_to_recordset($1) as n (app_id uuid, api_key_id uuid, hash text)
        limit json_array_length($1)
    ) n
    join apps a on a.id = n.app_id
    join api_keys k on k.app_id = a.id and k.id = n.api_key_id
    where a.disabled_at is null
      and k.enabled_at is not null and (k.revoked_at is null or k.revoked_at > clock_timestamp())
),
burnt as (
    insert into used_nonces (api_key_id, hash)
    select api_key_id, hash
    from asked
    order by api_key_id, hash  -- in one order, so that two of these at once do not wait in a circle
    on conflict do nothing
    returning api_key_id, hash
)
select a.app_id as id, a.organisation_id, a.environment, a.settings::text as settings, a.disabled_at, a.version,
    clock_now(a.app_id) as app_time, clock_is_own(a.app_id) as has_own_clock, a.api_key_id, a.hash
from asked a
join burnt b on b.api_key_id = a.api_key_id and b.hash = a.hash

-- name: admit(rows)
-- The same for callers whose apps are remembered, as the first step of what writes their effect, with its commit. Nobody
-- is let in who would not be now; or whose app, or time, is not what the effect was made from. In the order of
-- `burn_nonces`: the two meet when one nonce comes twice.
with asked as materialized (
    select n.app_id, n.api_key_id, decode(n.hash, 'base64') as hash
    from (
        select * from json_to_recordset($1) as n (app_id uuid, api_key_id uuid, hash text, version text,
            at timestamptz)
        limit json_array_length($1)
    ) n
    join apps a on a.id = n.app_id and a.xmin::text = n.version
    join api_keys k on k.app_id = a.id and k.id = n.api_key_id
    where a.disabled_at is null
      and k.enabled_at is not null and (k.revoked_at is null or k.revoked_at > clock_timestamp())
      and not clock_is_own(a.id) and n.at > clock_timestamp() - interval '10 seconds'
)
insert into used_nonces (api_key_id, hash)
select api_key_id, hash
from asked
order by api_key_id, hash
on conflict do nothing
returning hash
