-- Who may read the tables with a signed-in account: the Discord users listed in dashboard_admins.
-- To name the first one, as the owner: insert into dashboard_admins (discord_id) values ('...').

create table public.dashboard_admins (
  discord_id text primary key check (discord_id ~ '^[0-9]{1,20}$'),
  note text,
  created_at timestamptz not null default now()
);
alter table public.dashboard_admins enable row level security;
revoke all on table public.dashboard_admins from anon, authenticated;
grant select, insert, update, delete on table public.dashboard_admins to service_role;

-- The provider's own id of the account, which the user cannot edit (user_metadata they can).
create function public.is_admin() returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from auth.identities as identity
      join public.dashboard_admins as admin on admin.discord_id = identity.provider_id
      where identity.user_id = (select auth.uid()) and identity.provider = 'discord'
  )
$$;
revoke execute on function public.is_admin() from public, anon;
grant execute on function public.is_admin() to authenticated, service_role;

-- The second policy of each pair holds even where an owner's own policy lets everybody in, as
-- those that come with older guides do: anyone can sign up to a project that allows it.
do $$
declare
  name text;
begin
  foreach name in array array['bot_logs', 'system_stats', 'command_queue', 'gemini_usage',
                              'music_history', 'active_sessions'] loop
    execute format('grant select on table public.%I to authenticated', name);
    execute format('create policy halley_admins_read on public.%I for select to authenticated '
                   'using ((select public.is_admin()))', name);
    execute format('create policy halley_only_admins on public.%I as restrictive for all '
                   'to authenticated using ((select public.is_admin()))', name);
  end loop;
end $$;

-- Realtime, where there is such a thing and it does not cover every table already.
do $$
declare
  name text;
begin
  if exists (select from pg_catalog.pg_publication
             where pubname = 'supabase_realtime' and not puballtables) then
    foreach name in array array['bot_logs', 'system_stats', 'command_queue', 'gemini_usage',
                                'music_history', 'active_sessions'] loop
      if not exists (select from pg_catalog.pg_publication_tables
                     where pubname = 'supabase_realtime'
                       and schemaname = 'public' and tablename = name) then
        execute format('alter publication supabase_realtime add table public.%I', name);
      end if;
    end loop;
  end if;
end $$;
