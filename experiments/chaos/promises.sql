-- The promises, each as the question who broke it: no row is the answer that it was kept. Nothing here comes from the
-- product but the names of its tables. `operations` and `heard` are what the load and the receivers wrote down.

-- promise: the books of every currency sum to zero
select app_id || ' ' || currency as who, sum(balance)::text as what
from ledger_accounts
group by app_id, currency
having sum(balance) <> 0

-- promise: every balance is the sum of its postings
select a.id::text as who, format('%s %s: %s, by its postings %s', a.kind, a.currency, a.balance, coalesce(p.sum, 0)) as what
from ledger_accounts a
left join (
    select app_id, account, sum(amount) as sum
    from (
        select app_id, to_account as account, amount from ledger_postings
        union all
        select app_id, from_account, -amount from ledger_postings
    ) moves
    group by app_id, account
) p on p.app_id = a.app_id and p.account = a.id
where a.balance <> coalesce(p.sum, 0)

-- promise: every posting moves one currency between two accounts of it
select p.id::text as who, format('%s from %s to %s', p.currency, f.currency, t.currency) as what
from ledger_postings p
left join ledger_accounts f on f.app_id = p.app_id and f.id = p.from_account
left join ledger_accounts t on t.app_id = p.app_id and t.id = p.to_account
where (f.currency, t.currency) is distinct from (p.currency, p.currency) or p.amount <= 0

-- promise: client money never stands below zero
select id::text as who, format('%s %s: %s', kind, currency, balance) as what
from ledger_accounts
where balance < 0 and kind in ('balance', 'held', 'surplus')

-- promise: a transaction is funded once, with what its legs cost
-- Flows 5.5: what was paid, returned and is open is what came in.
select t.id::text as who,
    format('%s, funded with %s in %s postings; legs %s', t.state, coalesce(f.sum, 0), coalesce(f.count, 0), l.sum) as what
from transactions t
left join (
    select app_id, reference, count(*) as count, sum(amount)::bigint as sum
    from ledger_postings
    where kind in ('debit', 'collection')
    group by app_id, reference
) f on f.app_id = t.app_id and f.reference = t.id
left join (
    select app_id, transaction_id, sum(input_minor)::bigint as sum
    from recipients
    where not left_before_funding
    group by app_id, transaction_id
) l on l.app_id = t.app_id and l.transaction_id = t.id
where case when t.funded_at is null then f.count is not null
    else (f.count, f.sum, l.sum) is distinct from (1::bigint, t.paid_minor, t.paid_minor) end

-- promise: held money leaves once, paid out or returned, as its leg says
select r.id::text as who,
    format('%s of %s: settled %s, returned %s', r.state, r.input_minor, coalesce(p.settled, 0), coalesce(p.returned, 0))
        as what
from recipients r
left join (
    select app_id, reference,
        (sum(amount) filter (where kind in ('settlement', 'fee')))::bigint as settled,
        (sum(amount) filter (where kind = 'refund'))::bigint as returned
    from ledger_postings
    where kind in ('settlement', 'fee', 'refund')
    group by app_id, reference
) p on p.app_id = r.app_id and p.reference = r.id
where (coalesce(p.settled, 0), coalesce(p.returned, 0)) <> case
        when r.state in ('success', 'overpaid') then (r.input_minor, 0::bigint)
        when r.state = 'refunded' then (0::bigint, r.input_minor)
        else (0::bigint, 0::bigint)
    end

-- promise: a transaction says what its legs say
select t.id::text as who, format('%s with legs %s', t.state, l.states) as what
from transactions t
join (
    select app_id, transaction_id, array_agg(distinct state order by state) as states
    from recipients
    where not left_before_funding
    group by app_id, transaction_id
) l on l.app_id = t.app_id and l.transaction_id = t.id
where t.funded_at is not null
  and t.state is distinct from case
        when l.states && array['exception'] then 'exception'
        when l.states <@ array['success', 'overpaid'] then 'paid'
        when l.states <@ array['success', 'overpaid', 'refunded'] then 'refunded'
        when l.states = array['canceled'] then 'canceled'
        when l.states && array['manual', 'stuck'] then 'manual'
        when t.mispaid then 'mispaid'
        else 'received'
    end

-- promise: the bank paid nobody twice
select recipient_id::text as who, format('%s orders paid', count(*)) as what
from simulator_orders
where code = '0'
group by app_id, recipient_id
having count(*) > 1

-- promise: whom the bank paid is paid in our books, and nobody else's money went back
select o.recipient_id::text as who, format('order %s paid, the leg is %s', o.reference, coalesce(r.state, 'nowhere')) as what
from simulator_orders o
left join recipients r on r.app_id = o.app_id and r.id = o.recipient_id
where o.code = '0' and (r.state in ('success', 'overpaid')) is not true

-- promise: whom our books paid, the bank paid, and as much
-- A payout that the owner of a sandbox forced is the bank's by the word that it was given: a script to pay.
select r.id::text as who, format('%s of %s %s', r.state, r.output_minor, r.output_currency) as what
from recipients r
where r.state in ('success', 'overpaid') and r.payout_type not like '%::Balance'
  and not exists (
      select from simulator_orders o
      where o.app_id = r.app_id and o.recipient_id = r.id and o.code = '0'
        and (o.amount_minor, o.currency) = (r.output_minor, r.output_currency)
  )
  and not exists (
      select from simulator_scripts s where s.app_id = r.app_id and s.recipient_id = r.id and s.code = '0'
  )

-- promise: what was collected is booked once, as funding or as surplus
-- The collecting provider's own book against ours: every receipt that cleared, once, with its amount.
select s.reference::text as who, format('%s %s cleared, booked %s times', s.amount_minor, s.currency, count(p.id)) as what
from simulated_receipts s
left join payin_receipts p on p.app_id = s.app_id and p.payin_method_id = s.payin_method_id
    and p.reference = s.reference::text and (p.amount_minor, p.currency) = (s.amount_minor, s.currency)
where s.cleared
group by s.app_id, s.reference, s.amount_minor, s.currency
having count(p.id) <> 1
union all
select p.id::text, format('%s %s booked, the provider has no such money', p.amount_minor, p.currency)
from payin_receipts p
left join simulated_receipts s on s.app_id = p.app_id and s.payin_method_id = p.payin_method_id
    and s.reference::text = p.reference and s.cleared
where s.reference is null

-- promise: every acknowledged payment is there
select o.id as who, format('%s was answered %s with %s', o.kind, o.status, o.answered ->> 'transaction') as what
from operations o
left join transactions t on t.app_id = o.app_id and t.id = (o.answered ->> 'transaction')::uuid
where o.kind in ('create', 'create_and_fund') and o.acknowledged
  and (t.id is null or t.metadata ->> 'mark' is distinct from o.asked ->> 'mark'
      or (o.kind = 'create_and_fund' and t.funded_at is null)
      or (select count(*) from recipients r where r.app_id = t.app_id and r.transaction_id = t.id)
          <> jsonb_array_length(o.answered -> 'recipients'))

-- promise: every acknowledged debit is in the books
select o.id as who, format('debit %s of transaction %s', d.id, d.transaction_id) as what
from operations o
cross join lateral (
    select debit::uuid as id, transaction::uuid as transaction_id
    from rows from (
        jsonb_array_elements_text(o.answered -> 'debits'), jsonb_array_elements_text(o.asked -> 'transactions')
    ) as listed (debit, transaction)
) d
left join debits b on b.app_id = o.app_id and b.id = d.id and b.to_id = d.transaction_id
left join ledger_postings p on p.app_id = b.app_id and p.id = b.posting_id and p.reference = d.transaction_id
    and p.kind = 'debit'
where o.kind = 'debit' and o.acknowledged and p.id is null

-- promise: every acknowledged cancellation was heeded
select o.id as who, format('leg %s is %s', o.asked ->> 'recipient', coalesce(r.state, 'nowhere')) as what
from operations o
left join recipients r on r.app_id = o.app_id and r.id = (o.asked ->> 'recipient')::uuid
where o.kind = 'cancel' and o.acknowledged
  and (r.state in ('canceled', 'refunded') or r.cancel_requested_at is not null) is not true

-- promise: every acknowledged edit was kept
select o.id as who, format('leg %s has account %s', o.asked ->> 'recipient', r.details ->> 'bank_account') as what
from operations o
left join recipients r on r.app_id = o.app_id and r.id = (o.asked ->> 'recipient')::uuid
where o.kind = 'edit' and o.acknowledged and r.details ->> 'bank_account' is distinct from o.asked ->> 'account'

-- promise: every acknowledged payin and payout took place
select o.id as who, format('%s of transaction %s, which is %s', o.kind, t.id, coalesce(t.state, 'nowhere')) as what
from operations o
left join transactions t on t.app_id = o.app_id and t.id = (o.asked ->> 'transaction')::uuid
where o.kind in ('payin', 'payout') and o.acknowledged
  and (t.funded_at is null or (o.kind = 'payout' and exists (
      select from recipients r
      where r.app_id = t.app_id and r.transaction_id = t.id and r.state not in ('success', 'overpaid', 'refunded', 'canceled')
  )))

-- promise: a request that was sent again is done once
-- At most once for each payment, and for each payment into a payin method; at least once where it was acknowledged.
select o.id as who, format('mark %s is on %s transactions', o.asked ->> 'mark', count(*)) as what
from operations o
join transactions t on t.app_id = o.app_id and t.metadata ->> 'mark' = o.asked ->> 'mark'
where o.kind in ('create', 'create_and_fund')
group by o.id, o.asked ->> 'mark'
having count(*) > 1
union all
select o.app_id || ' ' || (o.asked ->> 'payin_method'), format('paid %s: %s times, acknowledged %s of %s times',
    o.asked ->> 'amount', r.count, count(*) filter (where o.acknowledged), count(*))
from operations o
cross join lateral (
    select count(*) as count
    from simulated_receipts s
    where s.app_id = o.app_id and s.payin_method_id = (o.asked ->> 'payin_method')::uuid
      and s.amount_minor = (o.asked ->> 'amount')::bigint
) r
where o.kind = 'payment'
group by o.app_id, o.asked ->> 'payin_method', o.asked ->> 'amount', r.count
having r.count not between count(*) filter (where o.acknowledged) and count(*)

-- promise: time moved as far as was acknowledged, and no further than was asked for
select o.app_id::text as who, format('moved by %s, acknowledged %s, asked for %s', c.moved_by,
    sum((o.asked ->> 'seconds')::int) filter (where o.acknowledged), sum((o.asked ->> 'seconds')::int)) as what
from operations o
left join app_clocks c on c.app_id = o.app_id
where o.kind = 'clock'
group by o.app_id, c.moved_by
having extract(epoch from coalesce(c.moved_by, '0')) not between
    coalesce(sum((o.asked ->> 'seconds')::int) filter (where o.acknowledged), 0) and sum((o.asked ->> 'seconds')::int)

-- promise: what was refused left nothing behind
select o.id as who, format('%s was answered %s, transaction %s has its mark', o.kind, o.status, t.id) as what
from operations o
join transactions t on t.app_id = o.app_id and t.metadata ->> 'mark' = o.asked ->> 'mark'
where o.kind in ('create', 'create_and_fund') and o.status between 400 and 499

-- promise: what happened was reported once
with expected as (
    select app_id, id, 'transaction.created' as name from transactions
    union all
    select app_id, id, case when mispaid then 'transaction.mispaid' else 'transaction.paid_in' end
    from transactions
    where funded_at is not null
    union all
    select app_id, id, 'transaction.paid_out' from transactions where state = 'paid'
    union all
    select app_id, id, 'transaction.refunded' from transactions where state = 'refunded'
    union all
    select app_id, id, 'transaction.canceled' from transactions where state = 'canceled'
    union all
    select app_id, id, 'recipient.paid_out' from recipients where state in ('success', 'overpaid')
    union all
    select app_id, id, 'recipient.refunded' from recipients where state = 'refunded'
),
told as (
    select app_id, object_id, name, count(*) as count
    from events
    where name in (select name from expected)
    group by app_id, object_id, name
)
select coalesce(x.id, e.object_id)::text as who, format('%s: %s times', coalesce(x.name, e.name), coalesce(e.count, 0)) as what
from expected x
full join told e on e.app_id = x.app_id and e.object_id = x.id and e.name = x.name
where e.count is distinct from 1
   or (x.id is null and e.name <> 'transaction.canceled') -- collected money that went back was cancelled before

-- promise: every event is on its way to every webhook that asked for it
select e.seq::text as who, format('%s to %s', e.name, w.url) as what
from events e
join webhooks w on w.app_id = e.app_id and e.name = any (w.events) and e.seq > w.after_event
left join webhook_deliveries d on d.app_id = e.app_id and d.webhook_id = w.id and d.event_seq = e.seq
where d.id is null and w.disabled_at is null and w.deleted_at is null
union all
select seq::text, 'nobody was told of it' from untold_events

-- promise: what counts as delivered was received, and what was dropped was tried six times
select d.id::text as who, format('%s after %s tries at %s', d.state, d.tries, w.url) as what
from webhook_deliveries d
join webhooks w on w.app_id = d.app_id and w.id = d.webhook_id
where case d.state
    when 'delivered' then not exists (
        select from heard h where h.delivery_id = d.id and h.webhook_id = w.id and h.status between 200 and 299
    )
    when 'dropped' then d.tries < 6 and w.disabled_at is null and w.deleted_at is null
    else w.disabled_at is null and w.deleted_at is null
end

-- promise: whatever is received, however often, is what happened, to the byte
select h.delivery_id::text as who, format('a body with digest %s', h.digest) as what
from heard h
left join webhook_deliveries d on d.id = h.delivery_id and d.webhook_id = h.webhook_id
left join events e on e.app_id = d.app_id and e.seq = d.event_seq
where h.digest is distinct from encode(sha256(convert_to(
    format('{"webhook":"%s","event":"%s","object":%s}', d.webhook_id, e.name, e.payload), 'UTF8')), 'hex')

-- promise: when all is quiet nothing is left to be done
select r.id::text as who, format('leg in state %s', r.state) as what
from recipients r
left join app_clocks c on c.app_id = r.app_id
where least(r.attempt_due_at, r.refund_due_at) < coalesce(c.stopped_at, clock_timestamp() + coalesce(c.moved_by, '0')) - interval '1 minute'
union all
select t.id::text, format('transaction in state %s', t.state)
from transactions t
left join app_clocks c on c.app_id = t.app_id
where t.state in ('initial', 'approved', 'pending')
  and t.expires_at < coalesce(c.stopped_at, clock_timestamp() + coalesce(c.moved_by, '0')) - interval '1 minute'

-- promise: nothing is in quarantine once it was mended and released
select topic || ' ' || key as who, problem as what from quarantined_rows
