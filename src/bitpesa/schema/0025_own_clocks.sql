-- Whoever takes an app's time from memory must know that it is the real one.

create function clock_is_own(app uuid) returns boolean
language sql stable
return exists (select from app_clocks c where c.app_id = app);
comment on function clock_is_own is 'Whether the clock of an app was moved or stopped: its time is not the real one.';
