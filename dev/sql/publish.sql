
-- Has Realtime follow the same tables, where there is such a thing.
do $$
declare
  name text;
begin
  if exists (select from pg_catalog.pg_publication
             where pubname = 'supabase_realtime' and not puballtables) then
    foreach name in array {names}::text[] loop
      if not exists (select from pg_catalog.pg_publication_tables
                     where pubname = 'supabase_realtime'
                       and format('%I.%I', schemaname, tablename) = name) then
        execute 'alter publication supabase_realtime add table ' || name;
      end if;
    end loop;
  end if;
end $$;
