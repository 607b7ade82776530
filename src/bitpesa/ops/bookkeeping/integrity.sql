-- What the rows say of each other, computed anew: the words of `rules.py` and the balances that postings keep are not
-- believed here. Every check answers the rows that disagree: whose and which, what about them, what was found and what
-- expected, and how many there are in all; so many are shown as the caller asks for. A check reads whole tables and never
-- one row at a time: a million postings, with all that belongs to them, take about twenty seconds.

-- name: be_a_good_neighbour()
-- Until the end of the transaction: one core, since others go on working, and memory enough to sort and hash a million
-- postings without going through files.
select set_config('max_parallel_workers_per_gather', '0', true), set_config('work_mem', '256MB', true)

-- name: taken_at()
select clock_timestamp()

-- name: environments_of_apps()
select id, environment from apps

-- name: rows_by_app()
select app_id, 'accounts' as what, count(*) as rows from ledger_accounts group by app_id
union all
select app_id, 'postings', count(*) from ledger_postings group by app_id
union all
select app_id, 'debits', count(*) from debits group by app_id
union all
select app_id, 'attempts', count(*) from payout_attempts group by app_id

-- name: states_by_app()
select app_id, 'transactions' as what, state, count(*) as rows from transactions group by app_id, state
union all
select app_id, 'recipients', state, count(*) from recipients group by app_id, state

-- name: balances_by_app()
select app_id, currency, kind, balance from ledger_accounts

-- name: currencies_out_of_balance(most)
-- A posting takes from one account what it gives to another, so the accounts of a currency sum to zero.
select app_id, currency as id, 'sum of its accounts' as about, sum(balance)::text as found, '0' as expected,
    count(*) over () as total
from ledger_accounts
group by app_id, currency
having sum(balance) <> 0
order by app_id, currency
limit $1

-- name: balances_unlike_postings(most)
with moved as (
    select app_id, account, sum(amount) as balance
    from (
        select app_id, to_account as account, amount from ledger_postings
        union all
        select app_id, from_account, -amount from ledger_postings
    ) as moves
    group by app_id, account
)
select coalesce(a.app_id, m.app_id) as app_id, coalesce(a.id, m.account) as id,
    concat_ws(' ', 'balance of', a.kind, a.currency) as about,
    coalesce(a.balance::text, 'no account') as found, coalesce(m.balance, 0)::text as expected,
    count(*) over () as total
from ledger_accounts a
full join moved m on m.app_id = a.app_id and m.account = a.id
where a.balance is distinct from coalesce(m.balance, 0)
order by 1, 2
limit $1

-- name: running_balances_unlike_postings(most)
-- What each posting noted of its two accounts, against everything posted to them up to it. Accounts go by a number of
-- this query's own: sorting by it costs half as much as sorting by two identifiers.
with accounts as materialized (
    select app_id, id, kind, row_number() over () as number from ledger_accounts
),
moves as (
    select a.number, p.id, p.seq, p.amount, p.to_balance as noted
    from ledger_postings p
    join accounts a on a.app_id = p.app_id and a.id = p.to_account
    union all
    select a.number, p.id, p.seq, -p.amount, p.from_balance
    from ledger_postings p
    join accounts a on a.app_id = p.app_id and a.id = p.from_account
),
derived as (
    select number, id, seq, noted,
        sum(amount) over (partition by number order by seq rows unbounded preceding) as balance
    from moves
)
select a.app_id, d.id, 'balance left in ' || a.kind as about, coalesce(d.noted::text, 'nothing') as found,
    d.balance::text as expected, count(*) over () as total
from derived d
join accounts a using (number)
where d.noted is distinct from d.balance
order by d.seq, a.kind
limit $1

-- name: accounts_below_zero(most)
select app_id, id, concat_ws(' ', 'balance of', kind, currency) as about, balance::text as found,
    'not below 0' as expected, count(*) over () as total
from ledger_accounts
where balance < 0 and not may_be_overdrawn
order by app_id, id
limit $1

-- name: books_unlike_states(most)
-- The postings that funded transactions, their recipients and surplus money call for by their states, and those that are
-- in the books: each as often here as there. What one person may move, and adjustments, follow from no state; what takes two does.
with called_for as (
    select t.app_id, t.id as reference, p.kind, p.from_kind, 'held' as to_kind, t.input_currency as currency,
        t.paid_minor as amount
    from transactions t
    join (values ('balance', 'debit', 'balance'), ('collection', 'collection', 'bank'))
        as p (funded_by, kind, from_kind) on p.funded_by = t.funded_by
    where t.funded_at is not null
    union all
    select r.app_id, r.id, p.kind, p.from_kind,
        case when p.kind <> 'refund' then p.to_kind
            when t.funded_by = 'balance' or r.payout_type like '%::Balance' then 'balance' else 'bank' end,
        case p.from_kind when 'held' then r.input_currency else r.output_currency end,
        case p.kind
            when 'settlement' then r.input_minor - r.fee_minor
            when 'fee' then r.fee_minor
            when 'refund' then r.input_minor
            else r.output_minor
        end
    from recipients r
    join transactions t on t.app_id = r.app_id and t.id = r.transaction_id
    join (values
            ('success', 'settlement', 'held', 'exchange'), ('overpaid', 'settlement', 'held', 'exchange'),
            ('success', 'fee', 'held', 'fees'), ('overpaid', 'fee', 'held', 'fees'),
            ('success', 'payout', 'exchange', 'float'), ('overpaid', 'payout', 'exchange', 'float'),
            ('success', 'credit', 'exchange', 'balance'), ('overpaid', 'credit', 'exchange', 'balance'),
            ('refunded', 'refund', 'held', null))
        as p (state, kind, from_kind, to_kind) on p.state = r.state
    where t.funded_at is not null and not r.left_before_funding
      and (p.kind <> 'fee' or r.fee_minor > 0)
      and (p.kind <> 'payout' or r.payout_type not like '%::Balance')
      and (p.kind <> 'credit' or r.payout_type like '%::Balance')
    union all
    select c.app_id, c.id, p.kind, p.from_kind, p.to_kind, c.currency, c.amount_minor
    from payin_receipts c
    join (values ('surplus', 'bank', 'surplus'), ('return', 'surplus', 'bank')) as p (kind, from_kind, to_kind)
        on p.kind = 'surplus' or c.returned_at is not null
    where not c.accepted
    union all
    select m.app_id, m.id, m.direction, p.from_kind, p.to_kind, m.currency, m.amount_minor
    from movements m
    join (values ('deposit', 'bank', 'balance'), ('withdrawal', 'balance', 'bank')) as p (kind, from_kind, to_kind)
        on p.kind = m.direction
    where m.state = 'made'
),
booked as (
    select p.app_id, p.reference, p.kind, f.kind as from_kind, t.kind as to_kind, p.currency, p.amount
    from ledger_postings p
    join ledger_accounts f on f.app_id = p.app_id and f.id = p.from_account
    join ledger_accounts t on t.app_id = p.app_id and t.id = p.to_account
    where p.kind <> 'adjustment' and (p.kind not in ('deposit', 'withdrawal') or p.reference is not null)
),
compared as (
    select app_id, reference, kind, from_kind, to_kind, currency, amount,
        sum(found) as found, sum(expected) as expected
    from (
        select c.*, 0 as found, 1 as expected from called_for c
        union all
        select b.*, 1, 0 from booked b
    ) as both_sides
    group by app_id, reference, kind, from_kind, to_kind, currency, amount
)
select app_id, coalesce(reference::text, 'no reference') as id,
    format('postings: %s of %s %s from %s to %s', kind, amount, currency, from_kind, to_kind) as about,
    found::text as found, expected::text as expected, count(*) over () as total
from compared
where found <> expected
order by app_id, reference, kind
limit $1

-- name: states_unlike_recipients(most)
-- What recipients make of a funded transaction, the first that fits (flows 5.5). Two states are set from outside:
-- `exception` before there is money (flows 5.1, T18), which may end as `refunded` once what came went back (T19), and
-- `processing` before payouts start (T7).
with legs as (
    select app_id, transaction_id,
        bool_or(state = 'exception') as is_faulty,
        bool_and(state in ('success', 'overpaid')) as is_paid,
        bool_and(state in ('success', 'overpaid', 'refunded')) as is_settled,
        bool_and(state = 'canceled') as is_canceled,
        bool_or(state in ('manual', 'stuck')) as needs_people
    from recipients
    where not left_before_funding
    group by app_id, transaction_id
),
came_and_went as (
    select app_id, transaction_id
    from payin_receipts
    group by app_id, transaction_id
    having bool_and(not accepted and returned_at is not null)
),
judged as (
    select t.app_id, t.id, t.state,
        case
            when t.funded_at is null and t.state = 'exception' then 'exception'
            when t.funded_at is null and m.transaction_id is not null and t.state = 'refunded' then 'refunded'
            when t.funded_at is null and t.state in ('initial', 'approved', 'pending', 'canceled') then t.state
            when t.funded_at is null then 'a state without money'
            when l.is_faulty then 'exception'
            when l.is_paid then 'paid'
            when l.is_settled then 'refunded'
            when l.is_canceled then 'canceled'
            when t.state = 'processing' then 'processing'
            when l.needs_people then 'manual'
            when t.mispaid then 'mispaid'
            else 'received'
        end as expected
    from transactions t
    left join legs l on l.app_id = t.app_id and l.transaction_id = t.id
    left join came_and_went m on m.app_id = t.app_id and m.transaction_id = t.id
)
select app_id, id, 'state' as about, state as found, expected, count(*) over () as total
from judged
where state <> expected
order by app_id, id
limit $1

-- name: funding_unlike_recipients(most)
-- What came in for a transaction is what its recipients were paid for, were returned, or are held for (flows 5.5).
with legs as (
    select app_id, transaction_id, input_currency,
        coalesce(sum(input_minor) filter (where state in ('success', 'overpaid')), 0) as paid,
        coalesce(sum(input_minor) filter (where state = 'refunded'), 0) as returned,
        coalesce(sum(input_minor) filter (where state not in ('success', 'overpaid', 'refunded')), 0) as held
    from recipients
    where not left_before_funding
    group by app_id, transaction_id, input_currency
),
compared as (
    select t.app_id, t.id, l.input_currency,
        format('%s %s of %s, by %s', t.paid_minor, t.input_currency, t.input_minor, coalesce(t.funded_by, 'nobody'))
            as found,
        case when t.funded_at is null then '0 by nobody'
            else format('paid %s + returned %s + held %s = %s %s', coalesce(l.paid, 0), coalesce(l.returned, 0),
                coalesce(l.held, 0), coalesce(l.paid + l.returned + l.held, 0), l.input_currency)
        end as expected,
        case when t.funded_at is null then t.paid_minor = 0 and t.funded_by is null
            else t.funded_by is not null and t.input_currency = l.input_currency
                and t.paid_minor = l.paid + l.returned + l.held and t.input_minor = t.paid_minor
        end as agrees
    from transactions t
    left join legs l on l.app_id = t.app_id and l.transaction_id = t.id
)
select app_id, id, 'funded amount' as about, found, expected, count(*) over () as total
from compared
where agrees is not true
order by app_id, id, input_currency
limit $1

-- name: recipients_ahead_of_money(most)
-- A recipient whose transaction has no money, or who left before there was any, has not been handed to a provider.
select r.app_id, r.id, 'state and attempts without money' as about,
    format('%s, %s attempts', r.state, r.attempts) as found,
    case when r.left_before_funding then 'canceled, 0 attempts' else 'initial or closed, 0 attempts' end as expected,
    count(*) over () as total
from recipients r
join transactions t on t.app_id = r.app_id and t.id = r.transaction_id
where (r.left_before_funding and (r.state <> 'canceled' or r.attempts > 0))
   or (t.funded_at is null and (r.state not in ('initial', 'canceled', 'exception') or r.attempts > 0))
order by r.app_id, r.id
limit $1

-- name: recipients_ahead_of_review(most)
-- While a transaction is held none of its recipients has been handed to a provider, or is about to be (flows 5.1, T7).
select r.app_id, r.id, 'attempts while held' as about,
    format('%s, %s attempts%s', r.state, r.attempts, case when r.attempt_due_at is not null then ', one due' end) as found,
    'initial or closed, 0 attempts' as expected, count(*) over () as total
from recipients r
join transactions t on t.app_id = r.app_id and t.id = r.transaction_id
where t.state = 'processing'
  and (r.attempts > 0 or r.attempt_due_at is not null or t.held_for is null
    or r.state not in ('initial', 'canceled', 'refunded'))
order by r.app_id, r.id
limit $1

-- name: holds_unlike_recipients(most)
-- What is held is what recipients of funded transactions still have coming, one way or the other.
with owed as (
    select r.app_id, r.input_currency as currency, sum(r.input_minor) as amount
    from recipients r
    join transactions t on t.app_id = r.app_id and t.id = r.transaction_id
    where t.funded_at is not null and not r.left_before_funding
      and r.state not in ('success', 'overpaid', 'refunded')
    group by r.app_id, r.input_currency
)
select coalesce(h.app_id, o.app_id) as app_id, coalesce(h.id::text, o.currency) as id,
    'held in ' || coalesce(h.currency, o.currency) as about,
    coalesce(h.balance::text, 'no account') as found, coalesce(o.amount, 0)::text as expected,
    count(*) over () as total
from (select app_id, id, currency, balance from ledger_accounts where kind = 'held') as h
full join owed o on o.app_id = h.app_id and o.currency = h.currency
where h.balance is distinct from coalesce(o.amount, 0)
order by 1, 2
limit $1

-- name: surplus_unlike_receipts(most)
-- What is kept as surplus is what came and was not accepted, and did not go back yet.
with owed as (
    select app_id, currency, sum(amount_minor) as amount
    from payin_receipts
    where not accepted and returned_at is null
    group by app_id, currency
)
select coalesce(s.app_id, o.app_id) as app_id, coalesce(s.id::text, o.currency) as id,
    'surplus in ' || coalesce(s.currency, o.currency) as about,
    coalesce(s.balance::text, 'no account') as found, coalesce(o.amount, 0)::text as expected,
    count(*) over () as total
from (select app_id, id, currency, balance from ledger_accounts where kind = 'surplus') as s
full join owed o on o.app_id = s.app_id and o.currency = s.currency
where s.balance is distinct from coalesce(o.amount, 0)
order by 1, 2
limit $1

-- name: funding_unlike_receipts(most)
-- What was collected for a transaction is the one receipt that was accepted for it.
select coalesce(t.app_id, c.app_id) as app_id, coalesce(t.id, c.transaction_id) as id, 'collected amount' as about,
    concat_ws(' ', t.paid_minor, t.input_currency) as found, concat_ws(' ', c.amount_minor, c.currency) as expected,
    count(*) over () as total
from (select * from transactions where funded_by = 'collection') as t
full join (select * from payin_receipts where accepted) as c on c.app_id = t.app_id and c.transaction_id = t.id
where (t.paid_minor, t.input_currency) is distinct from (c.amount_minor, c.currency)
order by 1, 2
limit $1

-- name: payin_methods_unlike_receipts(most)
-- A payin method that was paid by has the accepted receipt, and no other has one. `refunded` may have had either.
with money as (
    select app_id, payin_method_id, bool_or(accepted) as is_accepted
    from payin_receipts
    group by app_id, payin_method_id
)
select p.app_id, p.id, 'state of a payin method' as about, p.state as found,
    case when m.is_accepted then 'success, mispaid or refunded' else 'not success or mispaid' end as expected,
    count(*) over () as total
from payin_methods p
left join money m on m.app_id = p.app_id and m.payin_method_id = p.id
where (p.state in ('success', 'mispaid') and m.is_accepted is not true)
   or (p.state not in ('success', 'mispaid', 'refunded') and m.is_accepted)
   or (p.state = 'refunded' and m.payin_method_id is null)
order by p.app_id, p.id
limit $1

-- name: receipts_unlike_simulator(most)
-- What the sandbox booked as collected, the simulated collecting provider has: the same amount under the same reference.
-- Money that it has and we have not is money that it was not asked about yet.
select c.app_id, c.id, 'receipt ' || c.reference as about, concat_ws(' ', c.amount_minor, c.currency) as found,
    coalesce(nullif(concat_ws(' ', s.amount_minor, s.currency), ''), 'no such money') as expected,
    count(*) over () as total
from payin_receipts c
join apps a on a.id = c.app_id and a.environment = 'sandbox'
left join simulated_receipts s
    on s.app_id = c.app_id and s.payin_method_id = c.payin_method_id and s.reference::text = c.reference and s.cleared
where (c.amount_minor, c.currency) is distinct from (s.amount_minor, s.currency)
order by c.app_id, c.id
limit $1

-- name: debits_unlike_postings(most)
with compared as (
    select app_id, posting_id, to_type, to_id, currency, amount, running_balance,
        sum(found) as found, sum(expected) as expected
    from (
        select app_id, posting_id, to_type, to_id, currency, amount_minor as amount, running_balance,
            1 as found, 0 as expected
        from debits
        union all
        select app_id, id, 'Transaction', reference, currency, amount, from_balance, 0, 1
        from ledger_postings
        where kind = 'debit'
    ) as both_sides
    group by app_id, posting_id, to_type, to_id, currency, amount, running_balance
)
select app_id, posting_id as id,
    format('debits of %s %s for %s %s, leaving %s', amount, currency, to_type, to_id, running_balance) as about,
    found::text as found, expected::text as expected, count(*) over () as total
from compared
where found <> expected
order by app_id, posting_id, found
limit $1

-- name: recipients_paid_and_returned(most)
select r.app_id, r.reference as id, 'ways its money went' as about,
    'refund and ' || string_agg(distinct p.kind, ' and ') as found, 'paid or returned' as expected,
    count(*) over () as total
from ledger_postings r
join ledger_postings p on p.app_id = r.app_id and p.reference = r.reference
where r.kind = 'refund' and p.kind in ('settlement', 'payout', 'credit')
group by r.app_id, r.reference
order by r.app_id, r.reference
limit $1

-- name: recipients_paid_twice(most)
-- Code 0 is the one code that says "paid" (flows 8.1).
select app_id, recipient_id as id, 'attempts answered paid' as about, count(*)::text as found, '1' as expected,
    count(*) over () as total
from payout_attempts
where result_code = '0'
group by app_id, recipient_id
having count(*) > 1
order by app_id, recipient_id
limit $1

-- name: recipients_paid_by_provider_only(most)
select a.app_id, a.recipient_id as id, 'state after an attempt answered paid' as about, r.state as found,
    'success or overpaid' as expected, count(*) over () as total
from payout_attempts a
join recipients r on r.app_id = a.app_id and r.id = a.recipient_id
where a.result_code = '0' and r.state not in ('success', 'overpaid')
order by a.app_id, a.recipient_id
limit $1

-- name: simulator_paid_twice(most)
select app_id, recipient_id as id, 'orders paid' as about, count(*)::text as found, '1' as expected,
    count(*) over () as total
from simulator_orders
where code = '0'
group by app_id, recipient_id
having count(*) > 1
order by app_id, recipient_id
limit $1

-- name: simulator_paid_alone(most)
-- An order may be paid before we know: then its attempt waits for the answer.
select o.app_id, o.recipient_id as id, format('recipient of paid order %s', o.reference) as about,
    coalesce(r.state, 'no recipient') as found, 'success, overpaid, or waiting for this order' as expected,
    count(*) over () as total
from simulator_orders o
left join recipients r on r.app_id = o.app_id and r.id = o.recipient_id
where o.code = '0' and (r.state in ('success', 'overpaid') or r.attempt_id = o.reference) is not true
order by o.app_id, o.recipient_id, o.reference
limit $1

-- name: simulator_paid_otherwise(most)
select o.app_id, o.recipient_id as id, format('amount of paid order %s', o.reference) as about,
    concat_ws(' ', o.amount_minor, o.currency) as found, concat_ws(' ', r.output_minor, r.output_currency) as expected,
    count(*) over () as total
from simulator_orders o
join recipients r on r.app_id = o.app_id and r.id = o.recipient_id
where o.code = '0' and (o.amount_minor, o.currency) is distinct from (r.output_minor, r.output_currency)
order by o.app_id, o.recipient_id, o.reference
limit $1
