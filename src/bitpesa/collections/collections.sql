-- name: insert_payin_method(app_id, id, transaction_id, type, ux_flow, state, in_details, created_at)
insert into payin_methods (app_id, id, transaction_id, type, ux_flow, state, in_details, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $8)

-- name: payin_methods_of(app_id, transaction_ids)
select * from payin_methods
where app_id = $1 and transaction_id = any($2::uuid[])
order by transaction_id, id
