-- name: app_time(app_id)
select clock_now($1)

-- name: real_time()
select clock_timestamp()

-- name: move_clock(app_id, by)
insert into app_clocks as c (app_id, moved_by)
values ($1, $2)
on conflict (app_id) do update
    set moved_by = c.moved_by + excluded.moved_by,
        stopped_at = c.stopped_at + excluded.moved_by,
        moved_at = clock_timestamp()

-- name: stop_clock(app_id, at)
insert into app_clocks (app_id, stopped_at)
values ($1, $2)
on conflict (app_id) do update set stopped_at = excluded.stopped_at, moved_at = clock_timestamp()

-- name: reset_clock(app_id)
delete from app_clocks where app_id = $1
