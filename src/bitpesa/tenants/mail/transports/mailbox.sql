-- name: keep(id, recipient, subject, text)
-- The same letter twice is one letter.
insert into sandbox_mails (id, recipient, subject, text)
values ($1, $2, $3, $4)
on conflict (id) do nothing

-- name: newest(most)
select id, recipient, subject, text, created_at
from sandbox_mails
order by created_at desc, id desc
limit $1
