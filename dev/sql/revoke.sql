
-- A project may grant every new table and function to the API's roles. What this backup does not
-- grant them below was not theirs.
do $$
declare
  name text;
begin
  for name in
    select format(case c.relkind when 'S' then 'sequence %s' else 'table %s' end, c.oid::regclass)
      from pg_catalog.pg_class as c
      where c.relnamespace = 'public'::regnamespace
        and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and not exists (select from pg_catalog.pg_depend as d
                        where d.objid = c.oid and d.deptype = 'e')
    union all
    select format('routine %s', p.oid::regprocedure)
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace and p.prokind <> 'a'
        and not exists (select from pg_catalog.pg_depend as d
                        where d.objid = p.oid and d.deptype = 'e')
  loop
    execute format('revoke all on %s from anon, authenticated, service_role', name);
  end loop;
end $$;
