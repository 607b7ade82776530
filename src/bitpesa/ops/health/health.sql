-- What the catalogues, the statistics and the queues say. Everything here is read, and nothing waits for a lock.

-- name: facts()
select clock_timestamp() as taken_at, current_setting('server_version') as server,
    pg_database_size(current_database()) as size_bytes,
    (select count(*) from pg_stat_activity where backend_type = 'client backend') as connections,
    current_setting('max_connections')::int as connections_allowed,
    (select max(greatest(age(datfrozenxid), mxid_age(datminmxid))) from pg_database where datallowconn) as oldest_xid_age

-- name: set_for_us()
-- As they are for our own connections: what was set for the database or the role counts.
select name, setting
from pg_settings
where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'autovacuum', 'track_counts', 'data_checksums',
    'zero_damaged_pages', 'ignore_checksum_failure')

-- name: database_clock()
select clock_timestamp()

-- name: app_clocks()
-- How far ahead of the real time an app lives, and whether a live app lives in a time that is not real.
select coalesce((select greatest(0, max(extract(epoch from c.app_time - clock_timestamp()))) from moved_clocks() c), 0)::float8
        as ahead_seconds,
    (select count(*) from app_clocks c join apps a on a.id = c.app_id
     where a.environment = 'live' and (c.moved_by <> interval '0' or c.stopped_at is not null)) as live_apps

-- name: queues()
-- What is due and not begun, by the conditions of the claims, and for how long in real time. Screening lives in real time;
-- all else in the time of its app.
with waiting as (
    select 'payout_attempts' as topic, app_id, attempt_due_at as due_at, id::text as key from recipients
    where attempt_due_at is not null and attempt_id is null and cancel_requested_at is null
      and state in ('initial', 'error')
    union all
    select 'payout_questions', app_id, ask_due_at, id::text from recipients
    where ask_due_at is not null and attempt_id is not null
    union all
    select 'refunds', app_id, refund_due_at, transaction_id::text from recipients where refund_due_at is not null
    union all
    select 'expiry', app_id, expires_at, id::text from transactions where state in ('initial', 'approved', 'pending')
    union all
    select 'events', e.app_id, e.created_at, u.subject_id::text
    from untold_events u
    join events e on e.app_id = u.app_id and e.seq = u.seq
    union all
    select 'deliveries', d.app_id, d.due_at, d.id::text from webhook_deliveries d
    join webhooks w on w.app_id = d.app_id and w.id = d.webhook_id and w.disabled_at is null and w.deleted_at is null
    where d.state = 'waiting' and (d.leased_until is null or d.leased_until <= clock_timestamp())
    union all
    select 'collection_starts', app_id, start_due_at, id::text from payin_methods
    where start_due_at is not null and state in ('initial', 'pending')
    union all
    select 'collection_questions', app_id, ask_due_at, id::text from payin_methods
    where ask_due_at is not null and attempt_id is not null
    union all
    select 'document_fetches', app_id, fetch_due_at, id::text from documents
    where fetch_due_at is not null and disabled_at is null
    union all
    select 'reports', app_id, due_at, app_id || '/' || cadence from report_schedules
),
late as (
    select w.topic, w.app_id, least(
            extract(epoch from coalesce(c.app_time, clock_timestamp())) - extract(epoch from w.due_at),
            extract(epoch from clock_timestamp() - c.moved_at)) as seconds
    from waiting w
    left join moved_clocks() c on c.app_id = w.app_id
    where w.due_at <= coalesce(c.app_time, clock_timestamp())
      and not exists (select from quarantined_rows q where q.topic = w.topic and q.key = w.key)
    union all
    select 'screening', app_id, extract(epoch from clock_timestamp()) - extract(epoch from screen_due_at) from senders
    where screen_due_at <= clock_timestamp() and app_id is not null
)
select late.topic, a.environment, count(*) as rows, max(late.seconds)::float8 as oldest_seconds
from late
left join apps a on a.id = late.app_id
where late.seconds >= 0
group by a.environment, late.topic
order by a.environment, late.topic

-- name: quarantine()
-- Rows of due work that failed, of all apps: those that wait for staff, and those that are tried again.
select topic, count(*) filter (where retry_at is null) as waiting_for_staff,
    count(*) filter (where retry_at > clock_timestamp()) as left_out, min(key) as example
from quarantined_rows
group by topic
order by topic

-- name: tables()
select s.relname as name, s.n_live_tup as live_rows, s.n_dead_tup as dead_rows, s.seq_scan as scans,
    (s.seq_tup_read / greatest(s.seq_scan, 1)) as scanned_rows,
    coalesce((select lower(option_value) not in ('off', 'false', 'no', '0') from pg_options_to_table(c.reloptions)
        where option_name = 'autovacuum_enabled'), true) as vacuumed_by_itself
from pg_stat_user_tables s
join pg_class c on c.oid = s.relid
where s.schemaname = current_schema
order by s.relname

-- name: indexes()
select i.relname as name, t.relname as table, x.indisvalid and x.indisready as is_valid, x.indisunique as is_rule,
    coalesce(s.idx_scan, 0) as reads, pg_relation_size(i.oid) as size_bytes
from pg_index x
join pg_class i on i.oid = x.indexrelid
join pg_class t on t.oid = x.indrelid
left join pg_stat_user_indexes s on s.indexrelid = x.indexrelid
where t.relnamespace = current_schema::regnamespace
order by t.relname, i.relname

-- name: sessions()
-- Other people's open transactions. Ours, and those of the server's own processes, are no news.
select pid, coalesce(nullif(application_name, ''), usename, 'somebody') as who, state,
    extract(epoch from clock_timestamp() - xact_start)::float8 as seconds,
    extract(epoch from clock_timestamp() - state_change)::float8 as idle_seconds,
    left(regexp_replace(query, '\s+', ' ', 'g'), 120) as statement
from pg_stat_activity
where xact_start is not null and pid <> pg_backend_pid() and datname = current_database()
  and backend_type = 'client backend'
union all
select null, owner, 'prepared', extract(epoch from clock_timestamp() - prepared)::float8, 0, gid
from pg_prepared_xacts
where database = current_database()
order by seconds desc

-- name: slots()
select slot_name as name, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), restart_lsn)::bigint as kept_bytes
from pg_replication_slots
where not active and restart_lsn is not null
order by slot_name

-- name: sees_everything()
-- Whether this role is shown what other roles are at.
select pg_has_role('pg_read_all_stats', 'usage')

-- name: extensions()
select extname as name, quote_ident(nspname) as schema
from pg_extension
join pg_namespace n on n.oid = extnamespace
where extname in ('pg_stat_statements', 'pgstattuple')

-- name: find_names_in(schema)
-- Until the end of the transaction, after what is found without it.
select set_config('search_path', current_setting('search_path') || ', ' || $1, true)
