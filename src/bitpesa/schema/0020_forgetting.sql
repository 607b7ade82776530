-- What is forgotten after a while, found without indexes kept for that alone. Runs before the code that needs it.

-- Old rows were looked for by time, up to the latest time that any app lives in: one sandbox clock that was moved a year
-- ahead made each look read the whole table (1.3 s for 180,000 calls, every ten minutes; 1 ms by app). The index of the
-- lists finds them by app and time.
drop index api_logs_by_age;
drop index webhook_logs_by_age;

-- Events are forgotten after their deliveries; the few that are still there go with them. The key is the same in another
-- order, so that it also finds the deliveries of an event.
alter table webhook_deliveries drop constraint an_event_is_delivered_once_per_webhook;
alter table webhook_deliveries add constraint an_event_is_delivered_once_per_webhook
    unique (app_id, event_seq, webhook_id);
alter table webhook_deliveries drop constraint a_delivery_reports_an_event;
alter table webhook_deliveries add constraint a_delivery_reports_an_event
    foreign key (app_id, event_seq) references events (app_id, seq) on delete cascade;
