-- A nonce belongs to the key that signed it, whichever app the key speaks for. Runs while nothing else does: an earlier
-- release names the app of each nonce.

do $$
begin
    if exists (select from pg_stat_activity where datname = current_database() and application_name = 'bitpesa') then
        raise exception 'processes of bitpesa are using the database: stop them all, then migrate'
            using errcode = 'object_in_use';
    end if;
end $$;

-- While a sandbox app was begun anew its keys moved to a fresh app, and their nonces with them, but not those that were
-- used by requests whose transactions were still open: these could be used once more.
alter table used_nonces drop constraint a_nonce_is_used_once;
delete from used_nonces u
using used_nonces other
where other.api_key_id = u.api_key_id and other.hash = u.hash and other.app_id > u.app_id;
alter table used_nonces drop column app_id;
alter table used_nonces add constraint a_nonce_is_used_once primary key (api_key_id, hash);
comment on table used_nonces is 'By key: on Citus distributed by it, as a key moves from app to app.';

-- Claims look for work app by app now; nothing compares with the latest time of all any more.
drop function clock_horizon();
