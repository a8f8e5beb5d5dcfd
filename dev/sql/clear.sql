-- Drops whatever lies in the schema public and is no extension's. The statements are all made before
-- the first is carried out: one object often takes another with it.
do $$
declare
  statement text;
begin
  foreach statement in array (
    select coalesce(array_agg(drops.statement order by drops.rank), '{}') from (
      select format('drop %s if exists %s cascade',
                    case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
                      when 'S' then 'sequence' when 'f' then 'foreign table' when 'c' then 'type'
                      else 'table' end, c.oid::regclass) as statement,
             case c.relkind when 'S' then 2 else 1 end as rank  -- an identity goes with its table
        from pg_catalog.pg_class as c
        where c.relnamespace = 'public'::regnamespace
          and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c', 'S')
          and not exists (select from pg_catalog.pg_depend as d
                          where d.objid = c.oid and d.deptype = 'e')
      union all
      select format('drop %s if exists %s cascade',
                    case p.prokind when 'a' then 'aggregate' else 'routine' end,
                    p.oid::regprocedure), 3
        from pg_catalog.pg_proc as p
        where p.pronamespace = 'public'::regnamespace
          and not exists (select from pg_catalog.pg_depend as d
                          where d.objid = p.oid and d.deptype = 'e')
      union all
      select format('drop type if exists %s cascade', t.oid::regtype), 4
        from pg_catalog.pg_type as t
        where t.typnamespace = 'public'::regnamespace and t.typtype in ('e', 'd')
          and not exists (select from pg_catalog.pg_depend as d
                          where d.objid = t.oid and d.deptype = 'e')
    ) as drops
  ) loop
    execute statement;
  end loop;
end $$;
