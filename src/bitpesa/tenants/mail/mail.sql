-- name: insert_mail(id, recipient, subject, sealed_text, on_behalf_of)
-- Who is not sent it for an organisation stands for itself.
insert into mails (id, recipient, subject, sealed_text, on_behalf_of, due_at)
values ($1, $2, $3, $4, coalesce($5, md5($2)::uuid), clock_timestamp())

-- name: claim(after, most, lease)
-- Taking a mail moves the time it is due: should this process die, the mail is due again when its lease ends.
-- Those who have mail sent take turns. Step 1: they, by jumping from one to the next in the index. Step 2: those that
-- have some due, from the one after the last on; each gets its share. Step 3: of each the first that are due.
with recursive waiting as (
    (select on_behalf_of, due_at from mails where due_at is not null order by on_behalf_of, due_at limit 1)
    union all
    select following.on_behalf_of, following.due_at
    from waiting w
    cross join lateral (
        select m.on_behalf_of, m.due_at from mails m
        where m.due_at is not null and m.on_behalf_of > w.on_behalf_of
        order by m.on_behalf_of, m.due_at
        limit 1
    ) as following
),
turns as materialized (
    select w.on_behalf_of, ($2 - 1) / count(*) over () + 1 as share
    from waiting w
    where w.due_at <= clock_timestamp()
    order by w.on_behalf_of <= $1, w.on_behalf_of
    limit $2
),
due as materialized (
    select mine.id
    from turns
    cross join lateral (
        select m.id from mails m
        where m.on_behalf_of = turns.on_behalf_of and m.due_at <= clock_timestamp()
          and m.id::text <> all ((select quarantined('mail'))::text[])
        order by m.due_at
        limit turns.share
        for update skip locked
    ) as mine
    limit $2
)
update mails m set due_at = clock_timestamp() + $3::interval, tries = least(m.tries, 2147483646) + 1
from due
where m.id = due.id
returning m.id, m.recipient, m.subject, m.sealed_text, m.tries, m.on_behalf_of

-- name: end(id, is_sent, problem)
-- The text goes: its links log people in.
update mails
set due_at = null, sealed_text = null, problem = $3, sent_at = case when $2::boolean then clock_timestamp() end
where id = $1

-- name: put_off(id, delay, problem)
update mails set due_at = clock_timestamp() + $2::interval, problem = $3
where id = $1

-- name: delete_old(age, most)
delete from mails
where id in (
    select id from mails where due_at is null and created_at < clock_timestamp() - $1::interval limit $2
)

-- name: sealed_texts()
select sealed_text
from mails
where sealed_text is not null

-- name: lock_sealed_texts()
-- Mail that waits; whoever hands one over meanwhile writes first, and its text is gone.
select id, sealed_text
from mails
where sealed_text is not null
order by id
for no key update

-- name: set_sealed_texts(ids, sealed_texts)
update mails m set sealed_text = s.sealed_text
from unnest($1::uuid[], $2::bytea[]) as s (id, sealed_text)
where m.id = s.id
