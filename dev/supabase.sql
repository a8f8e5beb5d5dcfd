-- What a hosted Supabase database has before any migration of ours, for the local one: the API
-- roles, the parts of the auth schema that policies ask, and the publication of Realtime.
-- Run at every start, so each statement stands its repetition.

do $$
declare
  role_name text;
begin
  foreach role_name in array array['anon', 'authenticated', 'service_role', 'authenticator'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
      execute format('create role %I nologin noinherit', role_name);
    end if;
  end loop;
end $$;

alter role service_role bypassrls;
alter role authenticator login;
grant anon, authenticated, service_role to authenticator;
grant usage on schema public to anon, authenticated, service_role;

create schema if not exists auth;
grant usage on schema auth to anon, authenticated, service_role;

create table if not exists auth.identities (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null,
  provider text not null,
  provider_id text not null,
  identity_data jsonb not null default '{}',
  created_at timestamptz default now(),
  unique (provider_id, provider)
);

alter table auth.identities add column if not exists last_sign_in_at timestamptz;
alter table auth.identities add column if not exists updated_at timestamptz default now();

-- What the local sign-in keeps; on hosted Supabase there is more of it.
create table if not exists auth.users (
  id uuid primary key,
  email text unique,
  raw_app_meta_data jsonb not null default '{}',
  raw_user_meta_data jsonb not null default '{}',
  last_sign_in_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table if not exists auth.sessions (
  id uuid primary key,
  user_id uuid not null references auth.users on delete cascade,
  created_at timestamptz not null default now()
);
create index if not exists sessions_user_id on auth.sessions (user_id);
create table if not exists auth.refresh_tokens (
  token text primary key,
  session_id uuid not null references auth.sessions on delete cascade,
  successor text,
  created_at timestamptz not null default now(),
  used_at timestamptz
);
create index if not exists refresh_tokens_session_id on auth.refresh_tokens (session_id);
create table if not exists auth.flow_state (
  auth_code text primary key,
  user_id uuid not null references auth.users on delete cascade,
  code_challenge text not null,
  code_challenge_method text not null,
  created_at timestamptz not null default now()
);

-- The signed-in user: PostgREST leaves the claims of the request's token in this setting.
create or replace function auth.uid() returns uuid
language sql stable set search_path = '' as $$
  select nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub', '')::uuid
$$;

do $$
begin
  if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
end $$;
