-- What may be used, what is used, and what is reserved: a question is reserved for at its worst
-- case before a model is asked, and settled once by the command's id.

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

-- What commands under way may use at worst. One that is settled remembers what it answered.
create table public.reservations (
  command_id uuid primary key,
  user_id text not null,
  scope text not null,
  day date not null,
  month date not null,
  answers integer not null check (answers >= 0),
  tokens bigint not null check (tokens >= 0),
  cost_usd numeric not null check (cost_usd >= 0),
  expires_at timestamptz not null,
  settled_at timestamptz,
  exchange_id uuid
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
              and r.expires_at > now() and r.command_id is distinct from p_without) as mine,
         (select coalesce(sum(r.cost_usd), 0) as cost_usd
            from public.reservations as r
            where r.scope = p_scope and r.month = p_month and r.settled_at is null
              and r.expires_at > now() and r.command_id is distinct from p_without) as theirs
$$;

-- Has nobody else count there until the transaction ends: the command, the user's day and the
-- place's month, always in this order, and before any row of a conversation.
create function public.lock_counters(p_user_id text, p_day date, p_scope text, p_month date)
returns void
language plpgsql security invoker set search_path = '' as $$
begin
  insert into public.used_days (user_id, day) values (p_user_id, p_day) on conflict do nothing;
  perform from public.used_days as d
    where d.user_id = p_user_id and d.day = p_day for update;
  insert into public.used_months (scope, month) values (p_scope, p_month) on conflict do nothing;
  perform from public.used_months as m
    where m.scope = p_scope and m.month = p_month for update;
end $$;

create function public.lock_command(p_command_id uuid) returns void
language sql security invoker set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('halley answer ' || p_command_id, 0))
$$;

-- Reserves what a command may use at worst and keeps its question, or neither: then it says which
-- limit is in the way, that which is closed the longest, and until when. What adds nothing exceeds
-- nothing. Reserving again replaces what was reserved; once it is settled nothing changes.
create function public.reserve_answer(
  p_command_id uuid, p_guild_id text, p_channel_id text, p_user_id text, p_kind text, p_zone text,
  p_answers integer, p_tokens bigint, p_cost_usd numeric, p_expires_seconds numeric,
  p_question jsonb
) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  place text := public.scope_of(p_guild_id);
  zone text := public.zone_of(p_zone);
  today date := (now() at time zone zone)::date;
  this_month date := date_trunc('month', today)::date;
  exchange uuid := p_question ->> 'exchange_id';
  earlier public.reservations;
  used record;
  limits record;
begin
  perform public.lock_command(p_command_id);
  select r.* into earlier from public.reservations as r where r.command_id = p_command_id;
  if earlier.settled_at is not null then
    return jsonb_build_object('limit', null);
  end if;
  perform public.lock_counters(p_user_id, today, place, this_month);
  select * into limits from public.limits_of(place);
  select * into used
    from public.used_and_reserved(p_user_id, today, place, this_month, p_command_id);
  if p_cost_usd > 0 and used.cost_usd + p_cost_usd > limits.budget_usd_a_month then
    return jsonb_build_object('limit', 'budget',
      'opens_at', (this_month + interval '1 month') at time zone zone);
  elsif p_answers > 0 and used.answers + p_answers > limits.answers_a_day then
    return jsonb_build_object('limit', 'answers',
      'opens_at', (today + 1)::timestamp at time zone zone);
  elsif p_tokens > 0 and used.tokens + p_tokens > limits.tokens_a_day then
    return jsonb_build_object('limit', 'tokens',
      'opens_at', (today + 1)::timestamp at time zone zone);
  end if;
  insert into public.reservations (command_id, user_id, scope, day, month, answers, tokens,
      cost_usd, expires_at, exchange_id)
    values (p_command_id, p_user_id, place, today, this_month, p_answers, p_tokens, p_cost_usd,
            now() + make_interval(secs => p_expires_seconds::double precision), exchange)
    on conflict (command_id) do update
      set user_id = excluded.user_id, scope = excluded.scope, day = excluded.day,
          month = excluded.month, answers = excluded.answers, tokens = excluded.tokens,
          cost_usd = excluded.cost_usd, expires_at = excluded.expires_at,
          exchange_id = excluded.exchange_id;
  if earlier.exchange_id is distinct from exchange then
    perform public.drop_question(earlier.exchange_id);
  end if;
  if exchange is not null then
    perform public.keep_question(p_guild_id, p_channel_id, p_user_id, p_kind, p_question);
  end if;
  return jsonb_build_object('limit', null);
end $$;

-- Notes the calls of a command, counts them in the place of what it reserved, and keeps its answer:
-- all of it or nothing, and once. An answer counts if there is one, or if it cost tokens.
create function public.settle_answer(
  p_command_id uuid, p_guild_id text, p_user_id text, p_zone text, p_calls jsonb, p_answer jsonb
) returns boolean
language plpgsql security invoker set search_path = '' as $$
declare
  today date := (now() at time zone public.zone_of(p_zone))::date;
  answer jsonb := nullif(p_answer, 'null');
  kept public.reservations;
  used record;
begin
  perform public.lock_command(p_command_id);
  select r.* into kept from public.reservations as r where r.command_id = p_command_id;
  if kept.settled_at is not null then
    return false;
  end if;
  if kept.command_id is null then
    -- It could not be reserved for, and was answered all the same.
    kept.user_id := p_user_id;
    kept.scope := public.scope_of(p_guild_id);
    kept.day := today;
    kept.month := date_trunc('month', today)::date;
    kept.answers := case when answer is null then 0 else 1 end;
    kept.tokens := 0;
    kept.cost_usd := 0;
    kept.expires_at := now();
  end if;
  perform public.lock_counters(kept.user_id, kept.day, kept.scope, kept.month);
  with noted as (
    insert into public.gemini_usage (guild_id, user_id, prompt_tokens, completion_tokens,
        total_tokens, model, cost_usd, purpose, outcome, estimated, command_id)
      select p_guild_id, p_user_id, c.prompt_tokens, c.completion_tokens, c.total_tokens, c.model,
             c.cost_usd, c.purpose, c.outcome, c.estimated, p_command_id
        from jsonb_to_recordset(p_calls)
          as c (model text, purpose text, outcome text, prompt_tokens integer,
                completion_tokens integer, total_tokens integer, cost_usd numeric,
                estimated boolean)
      returning total_tokens, cost_usd
  )
  select coalesce(sum(n.total_tokens), 0) as tokens, coalesce(sum(n.cost_usd), 0) as cost_usd
    into used from noted as n;
  update public.used_days as d
    set tokens = d.tokens + used.tokens,
        answers = d.answers
          + case when answer is not null or used.tokens > 0 then kept.answers else 0 end
    where d.user_id = kept.user_id and d.day = kept.day;
  update public.used_months as m set cost_usd = m.cost_usd + used.cost_usd
    where m.scope = kept.scope and m.month = kept.month;
  insert into public.reservations as r (command_id, user_id, scope, day, month, answers, tokens,
      cost_usd, expires_at, settled_at, exchange_id)
    values (p_command_id, kept.user_id, kept.scope, kept.day, kept.month, kept.answers,
            kept.tokens, kept.cost_usd, kept.expires_at, now(), (answer ->> 'exchange_id')::uuid)
    on conflict (command_id) do update
      set settled_at = excluded.settled_at,
          exchange_id = coalesce(excluded.exchange_id, r.exchange_id);
  if answer is null then
    perform public.drop_question(kept.exchange_id);
  else
    perform public.keep_answer(answer);
  end if;
  return true;
end $$;

-- What one needs to know before an answer, in one reading. With p_about, of the conversation which
-- that exchange is in, before it: a summary that tells of it or of what came after is left out.
create function public.open_chat(
  p_guild_id text, p_channel_id text, p_user_id text, p_private boolean, p_command_id uuid,
  p_about uuid
) returns jsonb
language plpgsql stable security invoker set search_path = '' as $$
declare
  place_kind text := public.kind_at(p_guild_id, p_private);
  chat public.conversations;
  about record;
  through bigint;
begin
  select e.* into about from public.whole_exchange(p_about) as e;
  if found then
    select c.* into chat from public.conversations as c where c.id = about.conversation_id;
    place_kind := chat.kind;
  else
    select c.* into chat from public.conversations as c
      where c.channel_id = p_channel_id and c.kind = place_kind
        and coalesce(c.user_id, '') = case when place_kind = 'shared' then '' else p_user_id end;
  end if;
  through := coalesce(chat.summarised_through, 0);
  if about.place <= through then
    through := 0;
    chat.summary := '';
  end if;
  return jsonb_build_object(
    'settings', public.read_guild_settings(p_guild_id),
    'kind', place_kind,
    'conversation_id', chat.id,
    'summary', coalesce(chat.summary, ''),
    'summarised_through', through,
    'exchanges', public.newest_exchanges(chat.id, through, about.place, 200),
    'about', about.exchange,
    'settled', (select e.exchange
                  from public.reservations as r, public.whole_exchange(r.exchange_id) as e
                  where r.command_id = p_command_id and r.settled_at is not null),
    'chosen_model', public.read_chosen_model(p_user_id),
    'cooling', (select coalesce(jsonb_object_agg(
                         m.model, extract(epoch from m.until - now())), '{}')
                  from public.model_cooldowns as m where m.until > now()));
end $$;

-- Keeps the summary of a conversation's exchanges up to a place, in that of one up to p_since;
-- false: somebody else was faster, or something in it was deleted, or one of the questions has no
-- answer yet and would be lost.
create function public.save_summary(
  p_conversation_id uuid, p_summary text, p_since bigint, p_through bigint
) returns boolean
language plpgsql security invoker set search_path = '' as $$
declare
  chat public.conversations;
begin
  select c.* into chat from public.conversations as c where c.id = p_conversation_id for update;
  if chat.summarised_through is distinct from p_since or p_through <= p_since or exists (
      select from public.messages as u
        join public.reservations as r
          on r.exchange_id = u.exchange_id and r.settled_at is null and r.expires_at > now()
        where u.conversation_id = p_conversation_id and u.role = 'user'
          and u.id > p_since and u.id <= p_through
          and not exists (select from public.messages as m
                          where m.exchange_id = u.exchange_id and m.role = 'model')) then
    return false;
  end if;
  update public.conversations as c
    set summary = p_summary, summarised_through = p_through,
        summary_authors = array(
          select unnest(chat.summary_authors)
          union
          select u.author_id from public.messages as u
            where u.conversation_id = p_conversation_id and u.role = 'user'
              and u.id > p_since and u.id <= p_through)
    where c.id = p_conversation_id;
  return true;
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
  total_tokens bigint, cost_usd text
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
           coalesce(sum(u.total_tokens), 0)::bigint, coalesce(sum(u.cost_usd), 0)::text
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
        and p.proname in ('zone_of', 'scope_of', 'limits_of', 'used_and_reserved', 'lock_counters',
                          'lock_command', 'reserve_answer', 'settle_answer', 'open_chat',
                          'save_summary', 'read_quota', 'change_limits', 'read_usage')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
