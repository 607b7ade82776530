-- The books. A posting moves an amount from one account to another of the same currency, so every posting, and any
-- number of them, sums to zero per currency by its very shape. Amounts are whole minor units.

-- owner: ledger
create table ledger_accounts (
    app_id            uuid not null,
    id                uuid not null,
    kind              text not null,
    currency          text not null,
    balance           bigint not null default 0,
    may_be_overdrawn  boolean not null default false,
    constraint ledger_accounts_key primary key (app_id, id),
    constraint one_account_per_kind_and_currency unique (app_id, kind, currency),
    constraint ledger_accounts_with_currency unique (app_id, id, currency),
    constraint balance_stays_positive check (balance >= 0 or may_be_overdrawn)
);
comment on column ledger_accounts.balance is 'What was posted to the account less what was posted from it. Kept by the postings themselves.';

-- owner: ledger
create table ledger_postings (
    app_id          uuid not null,
    id              uuid not null,
    seq             bigint generated always as identity,
    from_account    uuid not null,
    to_account      uuid not null,
    currency        text not null,
    amount          bigint not null constraint a_posting_moves_something check (amount > 0),
    kind            text not null,
    reference       uuid,
    from_balance    bigint,
    to_balance      bigint,
    note            text,
    created_at      timestamptz not null default clock_timestamp(),
    app_time        timestamptz not null default clock_timestamp(),
    constraint ledger_postings_key primary key (app_id, id),
    constraint a_posting_has_two_accounts check (from_account <> to_account),
    constraint posted_from_an_account_of_its_currency foreign key (app_id, from_account, currency)
        references ledger_accounts (app_id, id, currency),
    constraint posted_to_an_account_of_its_currency foreign key (app_id, to_account, currency)
        references ledger_accounts (app_id, id, currency)
);
comment on column ledger_postings.reference is 'What the posting is about: a transaction for its funding, a recipient for its settlement or refund.';
comment on column ledger_postings.from_balance is 'The balance of from_account right after this posting; to_balance likewise.';
comment on column ledger_postings.app_time is 'The time that the app lived in: what clients are told. created_at is when it really was.';
create index ledger_postings_of_reference on ledger_postings (app_id, reference);
create index ledger_postings_from on ledger_postings (app_id, from_account, seq);
create index ledger_postings_to on ledger_postings (app_id, to_account, seq);
-- For reports of a month. Rows lie nearly in the order of time, so this tells where a month lies for next to nothing.
create index ledger_postings_by_time on ledger_postings using brin (app_time) with (autosummarize = on);

-- What is held for a recipient leaves the hold once: it is either paid out or refunded, whatever asks for it twice.
create unique index a_hold_is_released_once on ledger_postings (app_id, reference)
    where kind in ('settlement', 'refund');
-- A transaction is funded once.
create unique index a_transaction_is_funded_once on ledger_postings (app_id, reference)
    where kind in ('debit', 'collection');

-- Balances are moved by the posting, row by row in the order of insertion, so that each posting knows what it left behind.
create function ledger_move_balances() returns trigger
language plpgsql as $$
begin
    update ledger_accounts set balance = balance - new.amount
     where app_id = new.app_id and id = new.from_account
    returning balance into new.from_balance;
    update ledger_accounts set balance = balance + new.amount
     where app_id = new.app_id and id = new.to_account
    returning balance into new.to_balance;
    return new;
end $$;
create trigger a_posting_moves_balances before insert on ledger_postings
    for each row execute function ledger_move_balances();

create function ledger_refuse() returns trigger
language plpgsql as $$
begin
    raise exception 'the ledger is append-only: correct a mistake by a further posting'
        using errcode = 'integrity_constraint_violation';
end $$;
create trigger postings_are_never_changed before update or delete on ledger_postings
    for each row execute function ledger_refuse();
create trigger postings_are_never_truncated before truncate on ledger_postings
    for each statement execute function ledger_refuse();
create trigger accounts_are_never_deleted before delete on ledger_accounts
    for each row execute function ledger_refuse();
create trigger accounts_are_never_truncated before truncate on ledger_accounts
    for each statement execute function ledger_refuse();

-- A balance moves only from inside a posting: an update from anywhere else is refused.
create function ledger_refuse_balance_change() returns trigger
language plpgsql as $$
begin
    if pg_trigger_depth() < 2 and (new.balance, new.kind, new.currency, new.id, new.app_id)
            is distinct from (old.balance, old.kind, old.currency, old.id, old.app_id) then
        raise exception 'a balance is changed by a posting only'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create function ledger_refuse_opening_balance() returns trigger
language plpgsql as $$
begin
    raise exception 'an account begins with nothing: its first posting gives it a balance'
        using errcode = 'integrity_constraint_violation';
end $$;
create trigger accounts_begin_with_nothing before insert on ledger_accounts
    for each row when (new.balance <> 0) execute function ledger_refuse_opening_balance();
create trigger balances_change_by_posting_only before update on ledger_accounts
    for each row execute function ledger_refuse_balance_change();

revoke update, delete, truncate on ledger_postings from public;
revoke delete, truncate on ledger_accounts from public;
