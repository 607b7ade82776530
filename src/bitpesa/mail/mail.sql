-- name: insert_mail(id, recipient, subject, sealed_text)
insert into mails (id, recipient, subject, sealed_text, due_at)
values ($1, $2, $3, $4, clock_timestamp())

-- name: claim(most, lease)
-- Taking a mail moves the time it is due: should this process die, the mail is due again when its lease ends.
with due as (
    select id
    from mails
    where due_at <= clock_timestamp()
    order by due_at
    limit $1
    for update skip locked
)
update mails m set due_at = clock_timestamp() + $2::interval, tries = m.tries + 1
from due
where m.id = due.id
returning m.id, m.recipient, m.subject, m.sealed_text, m.tries

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
