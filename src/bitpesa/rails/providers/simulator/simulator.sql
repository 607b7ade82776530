-- name: take_order(app_id, reference, recipient_id, payout_type, currency, amount_minor, code, payment_reference)
-- Takes an order once: a reference that is known already changes nothing and answers no row. One statement, so that the
-- order and the using up of a script that holds once happen together. A recipient keeps the payment reference of its
-- first notice, whatever was edited since.
with told as (
    select code, paid_minor from simulator_scripts where app_id = $1 and recipient_id = $3
),
taken as (
    insert into simulator_orders
        (app_id, reference, recipient_id, payout_type, currency, amount_minor, code, paid_minor, payment_reference)
    select $1, $2, $3, $4, $5, $6, coalesce((select code from told), $7), (select paid_minor from told),
        case when $8::text is not null then coalesce(
            (select o.payment_reference
             from simulator_orders o
             where o.app_id = $1 and o.recipient_id = $3 and o.payment_reference is not null
             order by o.created_at, o.reference
             limit 1),
            $8) end
    on conflict (app_id, reference) do nothing
    returning *
),
used as (
    delete from simulator_scripts s
    using taken t
    where s.app_id = t.app_id and s.recipient_id = t.recipient_id and s.once
)
select * from taken

-- name: refuse_order(app_id, reference, recipient_id, payout_type, currency, amount_minor)
-- Leaves a mark under a reference that never arrived, so that it is refused when it comes late.
insert into simulator_orders (app_id, reference, recipient_id, payout_type, currency, amount_minor)
values ($1, $2, $3, $4, $5, $6)
on conflict (app_id, reference) do nothing
returning *

-- name: order_by_reference(app_id, reference)
select * from simulator_orders where app_id = $1 and reference = $2

-- name: follow_script(app_id, reference)
-- Lets an open order become what the bank was told to answer. The order comes first and the script second, as in every
-- statement that locks both, so that none waits for another in a circle.
with told as (
    select s.code, s.paid_minor
    from simulator_orders o
    join simulator_scripts s on s.app_id = o.app_id and s.recipient_id = o.recipient_id
    where o.app_id = $1 and o.reference = $2
),
changed as (
    update simulator_orders o
    set code = told.code, paid_minor = told.paid_minor, updated_at = clock_timestamp()
    from told
    where o.app_id = $1 and o.reference = $2 and o.is_open
    returning o.*
),
used as (
    delete from simulator_scripts s
    using changed c
    where s.app_id = c.app_id and s.recipient_id = c.recipient_id and s.once
)
select * from changed

-- name: void_order(app_id, reference, code)
-- Only what waits for the recipient can be stopped: of everything else that is open the bank does not know enough.
update simulator_orders
set code = $3, updated_at = clock_timestamp()
where app_id = $1 and reference = $2 and is_open and code ~ '^2'
returning *

-- name: end_open_orders(app_id, recipient_id, code, paid_minor)
update simulator_orders
set code = $3, paid_minor = $4, updated_at = clock_timestamp()
where app_id = $1 and recipient_id = $2 and is_open

-- name: orders_of_recipient(app_id, recipient_id)
select * from simulator_orders where app_id = $1 and recipient_id = $2 order by created_at, reference

-- name: write_script(app_id, recipient_id, code, paid_minor, once)
insert into simulator_scripts (app_id, recipient_id, code, paid_minor, once)
values ($1, $2, $3, $4, $5)
on conflict (app_id, recipient_id) do update
set code = excluded.code, paid_minor = excluded.paid_minor, once = excluded.once

-- name: delete_script(app_id, recipient_id)
delete from simulator_scripts where app_id = $1 and recipient_id = $2
