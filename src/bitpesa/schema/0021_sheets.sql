-- What a sheet asks of its statements. Runs before the code that needs it.

-- Whoever wrote fewer rows than it was handed relied on something that is not so: then nothing of the sheet is written.
create function require_written(written bigint[], handed bigint[]) returns boolean
language plpgsql as $$
begin
    if written <> handed then
        raise exception 'a sheet relied on what is not so: % rows were written of %', written, handed
            using errcode = 'serialization_failure';
    end if;
    return true;
end $$;
