-- How often tables are vacuumed, and how full their pages are. Runs before or after the code.

-- A balance is updated by every posting and none of its indexes has the balance: with room on its page an update touches
-- the page and nothing else. On full pages 3 of 100 updates had to go elsewhere and wrote to three indexes; on half-full
-- ones none. The table has a row per app, currency and kind.
alter table ledger_accounts set (fillfactor = 50);

-- Each of these rows passes through an index of what is due and leaves it dead behind; whoever looks for work walks over
-- the dead ones. At the usual fifth of the table that grows without end: 0.25 ms a look at 500,000 events, 5 ms at ten
-- million; at 3 of 100 it stays under a tenth of that. Less than 2 of 100 would be in vain: vacuum then skips the indexes.
alter table events set (autovacuum_vacuum_scale_factor = 0.03, autovacuum_analyze_scale_factor = 0.03);
alter table transactions set (autovacuum_vacuum_scale_factor = 0.03, autovacuum_analyze_scale_factor = 0.03);
alter table recipients set (autovacuum_vacuum_scale_factor = 0.03, autovacuum_analyze_scale_factor = 0.03);
alter table webhook_deliveries set (autovacuum_vacuum_scale_factor = 0.03, autovacuum_analyze_scale_factor = 0.03);
