-- What may be used, what is used, and what is reserved.

alter table public.gemini_usage
  add column if not exists cost_usd numeric,                       -- null: nobody knows the price
  add column if not exists purpose text,                           -- answer, summary, translation
  add column if not exists outcome text,                           -- complete, broken_off, failed
  add column if not exists estimated boolean default false,        -- the provider did not count
  add column if not exists command_id uuid;
create index if not exists gemini_usage_by_guild
  on public.gemini_usage (guild_id, created_at desc);

-- What a user may use a day, wherever they ask, and what a place may cost a month; null: no limit.
-- `guilds` is for each guild that has no row of its own, by its id, and `direct` for direct
-- messages: each user's day, and the cost of all of them together.
create table public.quotas (
  scope text primary key check (scope in ('guilds', 'direct') or scope ~ '^[0-9]{1,20}$'),
  answers_a_day integer default 100 check (answers_a_day >= 0),
  tokens_a_day bigint default 400000 check (tokens_a_day >= 0),
  budget_usd_a_month numeric default 5 check (budget_usd_a_month >= 0)
);
insert into public.quotas (scope) values ('guilds'), ('direct');

-- What was used. Days and months are those of the owner's time zone; `scope` is a guild's id or
-- `direct`, `month` the first day of one.
create table public.used_days (
  user_id text not null,
  day date not null,
  answers integer not null default 0,
  tokens bigint not null default 0,
  primary key (user_id, day)
);
create index used_days_oldest on public.used_days (day);
create table public.used_months (
  scope text not null,
  month date not null,
  cost_usd numeric not null default 0,
  primary key (scope, month)
);

-- What commands under way may use at worst, each run of one for itself. One that is settled
-- remembers what it answered, so that no other run does it again.
create table public.reservations (
  command_id uuid not null,
  run_id uuid not null,
  user_id text,                                   -- null: who had all that is theirs deleted
  scope text not null,
  day date not null,
  month date not null,
  for_place boolean not null default false,       -- it counts for the month alone
  answers integer not null check (answers >= 0),
  tokens bigint not null check (tokens >= 0),
  cost_usd numeric not null check (cost_usd >= 0),
  purpose text not null default 'answer',         -- of the call that it is reserved for
  model text not null default '',
  prompt_tokens bigint not null default 0,
  prompt_cost_usd numeric,
  expires_at timestamptz not null,
  settled_at timestamptz,
  counted boolean not null default false,         -- the command's answer is counted with this run
  answered boolean not null default false,
  used_tokens bigint not null default 0,          -- what it was settled for, as far as is known
  lost boolean not null default false,            -- it never settled: another run settled for it,
  note_id text,                                   -- by this row of gemini_usage
  exchange_id uuid,
  primary key (command_id, run_id)
);
create index reservations_by_user on public.reservations (user_id, day) where settled_at is null;
create index reservations_by_scope on public.reservations (scope, month) where settled_at is null;
create index reservations_by_exchange on public.reservations (exchange_id)
  where settled_at is null;
create index reservations_expired on public.reservations (expires_at);

-- A zone that Postgres knows: this one, or UTC.
create function public.zone_of(p_zone text) returns text
language plpgsql stable security invoker set search_path = '' as $$
begin
  perform now() at time zone p_zone;
  return coalesce(p_zone, 'UTC');
exception when invalid_parameter_value then
  return 'UTC';
end $$;

create function public.scope_of(p_guild_id text) returns text
language sql immutable security invoker set search_path = '' as $$
  select coalesce(p_guild_id, 'direct')
$$;

-- What holds at a place: its own row, or that of all guilds; one without limits if both are gone.
create function public.limits_of(p_scope text)
returns table (answers_a_day integer, tokens_a_day bigint, budget_usd_a_month numeric)
language sql stable security invoker set search_path = '' as $$
  select q.answers_a_day, q.tokens_a_day, q.budget_usd_a_month
    from (values (1)) as always
    left join (
      select * from public.quotas as o
        where o.scope in (p_scope, case p_scope when 'direct' then 'direct' else 'guilds' end)
        order by o.scope = p_scope desc limit 1) as q on true
$$;

-- What is used on a day by a user and in a month at a place, with what others than p_without have
-- reserved. What expired was not used, as far as anybody knows.
create function public.used_and_reserved(
  p_user_id text, p_day date, p_scope text, p_month date, p_without uuid
) returns table (answers bigint, tokens bigint, cost_usd numeric)
language sql stable security invoker set search_path = '' as $$
  select coalesce((select d.answers from public.used_days as d
                   where d.user_id = p_user_id and d.day = p_day), 0) + mine.answers,
         coalesce((select d.tokens from public.used_days as d
                   where d.user_id = p_user_id and d.day = p_day), 0) + mine.tokens,
         coalesce((select m.cost_usd from public.used_months as m
                   where m.scope = p_scope and m.month = p_month), 0) + theirs.cost_usd
    from (select coalesce(sum(r.answers), 0)::bigint as answers,
                 coalesce(sum(r.tokens), 0)::bigint as tokens
            from public.reservations as r
            where r.user_id = p_user_id and r.day = p_day and r.settled_at is null
              and not r.for_place and r.expires_at > now() and r.command_id is distinct from p_without) as mine,
         (select coalesce(sum(r.cost_usd), 0) as cost_usd
            from public.reservations as r
            where r.scope = p_scope and r.month = p_month and r.settled_at is null
              and r.expires_at > now() and r.command_id is distinct from p_without) as theirs
$$;

-- Has nobody else count on these days of a user until the transaction ends.
create function public.lock_days(p_user_id text, p_days date[]) returns void
language plpgsql security invoker set search_path = '' as $$
begin
  insert into public.used_days (user_id, day)
    select distinct p_user_id, d.day from unnest(p_days) as d (day) order by 2
    on conflict do nothing;
  perform from public.used_days as d
    where d.user_id = p_user_id and d.day = any (p_days) order by d.day for update;
end $$;

-- Has nobody else count there until the transaction ends: the command, the user's day and the
-- place's month, always in this order, and before any row of a conversation.
create function public.lock_counters(p_user_id text, p_day date, p_scope text, p_month date)
returns void
language plpgsql security invoker set search_path = '' as $$
begin
  perform public.lock_days(p_user_id, array[p_day]);
  insert into public.used_months (scope, month) values (p_scope, p_month) on conflict do nothing;
  perform from public.used_months as m
    where m.scope = p_scope and m.month = p_month for update;
end $$;

-- What holds for a user at a place, and how far it is used.
create function public.read_quota(p_guild_id text, p_user_id text, p_zone text) returns jsonb
language plpgsql stable security invoker set search_path = '' as $$
declare
  place text := public.scope_of(p_guild_id);
  zone text := public.zone_of(p_zone);
  today date := (now() at time zone zone)::date;
  this_month date := date_trunc('month', today)::date;
begin
  return (
    select jsonb_build_object(
        'answers_a_day', l.answers_a_day, 'tokens_a_day', l.tokens_a_day,
        'budget_usd_a_month', l.budget_usd_a_month::text,
        'answers_today', u.answers, 'tokens_today', u.tokens,
        'cost_usd_this_month', u.cost_usd::text,
        'day_ends_at', (today + 1)::timestamp at time zone zone,
        'month_ends_at', (this_month + interval '1 month') at time zone zone)
      from public.limits_of(place) as l,
           public.used_and_reserved(p_user_id, today, place, this_month, null) as u);
end $$;

-- Sets what holds for a scope; null: what holds without a word of anybody. Returns whether it has
-- limits of its own now.
create function public.change_limits(p_scope text, p_limits jsonb) returns boolean
language plpgsql security invoker set search_path = '' as $$
begin
  if nullif(p_limits, 'null') is null then
    delete from public.quotas where scope = p_scope;
    insert into public.quotas (scope)
      select p_scope where p_scope in ('guilds', 'direct') on conflict do nothing;
    return p_scope in ('guilds', 'direct');
  end if;
  insert into public.quotas (scope, answers_a_day, tokens_a_day, budget_usd_a_month)
    select p_scope, l.answers_a_day, l.tokens_a_day, l.budget_usd_a_month
      from jsonb_to_record(p_limits)
        as l (answers_a_day integer, tokens_a_day bigint, budget_usd_a_month numeric)
    on conflict (scope) do update
      set answers_a_day = excluded.answers_a_day, tokens_a_day = excluded.tokens_a_day,
          budget_usd_a_month = excluded.budget_usd_a_month;
  return true;
end $$;

-- What was used in the last days, today included, by day and model, the oldest first: by a user, in
-- a guild, by a user in a guild, or by everybody. A time that somebody keeps without a zone is UTC.
create function public.read_usage(
  p_user_id text, p_guild_id text, p_zone text, p_days integer
) returns table (
  day date, model text, calls bigint, prompt_tokens bigint, completion_tokens bigint,
  total_tokens bigint, cost_usd text, unpriced_calls bigint
)
language plpgsql stable security invoker set search_path = '' as $$
declare
  zone text := public.zone_of(p_zone);
  since timestamptz :=
    ((now() at time zone zone)::date - greatest(p_days, 0) + 1)::timestamp at time zone zone;
begin
  return query
    select (u.created_at::timestamptz at time zone zone)::date, coalesce(u.model, ''), count(*),
           coalesce(sum(u.prompt_tokens), 0)::bigint, coalesce(sum(u.completion_tokens), 0)::bigint,
           coalesce(sum(u.total_tokens), 0)::bigint, coalesce(sum(u.cost_usd), 0)::text,
           count(*) filter (where u.total_tokens > 0 and u.cost_usd is null)
      from public.gemini_usage as u
      where u.created_at >= since
        and (p_user_id is null or u.user_id = p_user_id)
        and (p_guild_id is null or u.guild_id = p_guild_id)
      group by 1, 2 order by 1, 2;
end $$;

do $$
declare
  name text;
  signature regprocedure;
begin
  foreach name in array array['quotas', 'used_days', 'used_months', 'reservations'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('revoke all on table public.%I from anon, authenticated', name);
    execute format('grant select, insert, update, delete on table public.%I to service_role', name);
  end loop;
  foreach name in array array['quotas', 'used_days', 'used_months'] loop
    execute format('grant select on table public.%I to authenticated', name);
    execute format('create policy halley_admins_read on public.%I for select to authenticated '
                   'using ((select public.is_admin()))', name);
  end loop;
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('zone_of', 'scope_of', 'limits_of', 'used_and_reserved', 'lock_days',
                          'lock_counters', 'read_quota', 'change_limits', 'read_usage')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
