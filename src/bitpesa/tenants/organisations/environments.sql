-- name: has_live_app()
select exists (select from apps where environment = 'live')
