-- name: take_collection(app_id, reference, payin_method_id, payin_type, ux_flow, currency, amount_minor, code, receipt)
-- Takes a request once: a reference that is known already changes nothing and answers no row. What the payer was told to
-- do goes before what his number says; a payer who pays at once is a row of the receipts. One statement, so that the
-- request, its money and the using up of what the payer was told happen together.
with told as (
    delete from simulated_payers where app_id = $1 and payin_method_id = $3
    returning code
),
taken as (
    insert into simulated_collections
        (app_id, reference, payin_method_id, payin_type, ux_flow, currency, amount_minor, code)
    select $1, $2, $3, $4, $5, $6, $7, coalesce((select code from told), $8)
    on conflict (app_id, reference) do nothing
    returning *
),
paid as (
    insert into simulated_receipts (app_id, reference, payin_method_id, currency, amount_minor, cleared)
    select app_id, $9, payin_method_id, currency, amount_minor, true from taken where code = '0'
)
select * from taken

-- name: refuse_collection(app_id, reference, payin_method_id, payin_type, ux_flow, currency, amount_minor)
-- Leaves a mark under a reference that never arrived, so that it is refused when it comes late.
insert into simulated_collections (app_id, reference, payin_method_id, payin_type, ux_flow, currency, amount_minor)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (app_id, reference) do nothing
returning *

-- name: collection_by_reference(app_id, reference)
select * from simulated_collections where app_id = $1 and reference = $2

-- name: follow_payer(app_id, reference)
-- Lets a request that waits become what its payer was told to do; one that is closed stays as it is.
with asked as materialized (
    select payin_method_id from simulated_collections where app_id = $1 and reference = $2 and code ~ '^[12]'
),
told as (
    delete from simulated_payers p
    using asked
    where p.app_id = $1 and p.payin_method_id = asked.payin_method_id
    returning p.code
)
update simulated_collections c
set code = told.code, updated_at = clock_timestamp()
from told
where c.app_id = $1 and c.reference = $2
returning c.*

-- name: stop_collection(app_id, reference, code)
-- Only what waits for the payer can be stopped: codes that begin with 1 and 2.
update simulated_collections set code = $3, updated_at = clock_timestamp()
where app_id = $1 and reference = $2 and code ~ '^[12]'
returning *

-- name: receipts_of(app_id, payin_method_id)
select * from simulated_receipts where app_id = $1 and payin_method_id = $2 order by created_at, reference

-- name: insert_receipt(app_id, reference, payin_method_id, currency, amount_minor, cleared)
insert into simulated_receipts (app_id, reference, payin_method_id, currency, amount_minor, cleared)
values ($1, $2, $3, $4, $5, $6)

-- name: sent_in_currency(app_id, currency)
select coalesce(sum(amount_minor), 0) from simulated_receipts where app_id = $1 and currency = $2

-- name: clear_receipts(app_id, payin_method_id)
update simulated_receipts set cleared = true where app_id = $1 and payin_method_id = $2 and not cleared

-- name: tell_payer(app_id, payin_method_id, code)
insert into simulated_payers (app_id, payin_method_id, code) values ($1, $2, $3)
on conflict (app_id, payin_method_id) do update set code = excluded.code
