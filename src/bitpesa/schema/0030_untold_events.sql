-- Events that nobody was told of yet have a table of their own. Marking an event as told wrote it, and all of its indexes,
-- once more: a fifth of what a payment leaves in the log of the database, and dead rows of nearly 2 KB to walk over for
-- whoever looked for the next ones. Runs while nothing else does: an earlier release would go on writing events and queue none.

do $$
begin
    if exists (select from pg_stat_activity where datname = current_database() and application_name = 'bitpesa') then
        raise exception 'processes of bitpesa are using the database: stop them all, then migrate'
            using errcode = 'object_in_use';
    end if;
end $$;

-- owner: kernel
create table untold_events (
    seq         bigint primary key,
    app_id      uuid not null,
    name        text not null,
    subject_id  uuid not null
);
comment on table untold_events is
    'Events whose subscribers have no deliveries yet, as far as it takes to find who wants to hear them.';
-- Every row is deleted within moments: whoever takes the next ones walks over those that went before.
alter table untold_events set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

insert into untold_events (seq, app_id, name, subject_id) select seq, app_id, name, subject_id from events where not told;
drop index events_to_tell;
alter table events drop column told;
comment on table events is 'What happened, in the words of the API at that moment. Rows are written once and never again.';
-- There are no dead rows in it but those that were forgotten.
alter table events reset (autovacuum_vacuum_scale_factor);
