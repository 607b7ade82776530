-- name: record_events(app_id, ids, names, object_types, object_ids, subject_ids, payloads)
-- `seq` is taken in the order of the arrays; the lock that serialises an object's changes makes it the commit order too.
insert into events (app_id, id, name, object_type, object_id, subject_id, payload)
select $1, e.id, e.name, e.object_type, e.object_id, e.subject_id, e.payload
from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::text[])
    with ordinality as e (id, name, object_type, object_id, subject_id, payload, position)
order by e.position
