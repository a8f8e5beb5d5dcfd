-- What guilds and users chose for themselves, and what else an answer has to know beforehand.

create table public.guild_settings (
  guild_id text primary key,
  language text check (language in ('en-US', 'ja')),        -- null: each user's own
  model text check (char_length(model) <= 200),             -- null: the default one
  models text[] not null default '{}' check (cardinality(models) <= 50),    -- none: all
  system_instruction text not null default '' check (char_length(system_instruction) <= 4000),
  footer boolean not null default true,
  shared boolean not null default false,
  channel_ids text[] not null default '{}' check (cardinality(channel_ids) <= 200),  -- none: all
  role_ids text[] not null default '{}' check (cardinality(role_ids) <= 200),        -- none: all
  updated_at timestamptz not null default now(),
  updated_by text
);

create table public.user_settings (
  user_id text primary key,
  model text not null check (char_length(model) <= 200),
  updated_at timestamptz not null default now()
);

-- Models that refused, and until when everybody leaves them alone.
create table public.model_cooldowns (
  model text primary key,
  until timestamptz not null,
  reason text not null,
  updated_at timestamptz not null default now()
);

-- What a form is about, while somebody fills it in.
create table public.sources (
  key text not null,
  user_id text not null,
  source jsonb not null,
  expires_at timestamptz not null,
  primary key (key, user_id)
);
create index sources_by_user on public.sources (user_id);
create index sources_expired on public.sources (expires_at);

-- What holds in a guild, also in one that decided nothing.
create function public.read_guild_settings(p_guild_id text) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select jsonb_build_object(
      'language', g.language, 'model', g.model, 'models', coalesce(to_jsonb(g.models), '[]'),
      'system_instruction', coalesce(g.system_instruction, ''),
      'footer', coalesce(g.footer, true), 'shared', coalesce(g.shared, false),
      'channel_ids', coalesce(to_jsonb(g.channel_ids), '[]'),
      'role_ids', coalesce(to_jsonb(g.role_ids), '[]'))
    from (values (1)) as always
    left join public.guild_settings as g on g.guild_id = p_guild_id
$$;

-- Whether a value may stand in that column, null included; the columns' own checks see to lengths.
create function public.is_guild_setting(p_name text, p_value jsonb) returns boolean
language sql immutable security invoker set search_path = '' as $$
  select case
    when jsonb_typeof(p_value) = 'null' then
      p_name in ('language', 'model', 'models', 'system_instruction', 'footer', 'shared',
                 'channel_ids', 'role_ids')
    when p_name in ('language', 'model', 'system_instruction') then
      jsonb_typeof(p_value) = 'string'
    when p_name in ('footer', 'shared') then
      jsonb_typeof(p_value) = 'boolean'
    when jsonb_typeof(p_value) = 'object' then
      (select count(*) from jsonb_object_keys(p_value)) = 1 and (p_value ?| array['add', 'remove'])
      and public.is_guild_setting(
        p_name, jsonb_build_array(coalesce(p_value -> 'add', p_value -> 'remove')))
    when jsonb_typeof(p_value) <> 'array' then
      false
    when p_name = 'models' then
      not exists (select from jsonb_array_elements(p_value) as e (value)
                  where jsonb_typeof(e.value) <> 'string' or char_length(e.value #>> '{}') > 200)
    when p_name in ('channel_ids', 'role_ids') then
      not exists (select from jsonb_array_elements(p_value) as e (value)
                  where jsonb_typeof(e.value) <> 'string'
                     or e.value #>> '{}' !~ '^[0-9]{1,20}$')
    else
      false
  end
$$;

-- A list with a change made to it: another one in its place, or one more or fewer on it. The last one
-- stays: an empty list means all, which is not what somebody wants who removes one.
create function public.list_changed(p_list text[], p_change jsonb) returns text[]
language plpgsql immutable security invoker set search_path = '' as $$
declare
  one text := p_change ->> 'remove';
begin
  if jsonb_typeof(p_change) <> 'object' then
    return public.texts_of(p_change);
  elsif one is null then
    one := p_change ->> 'add';
    return case when one = any (p_list) then p_list else p_list || one end;
  elsif p_list <> '{}' and array_remove(p_list, one) = '{}' then
    raise exception 'the last of a list is not removed' using errcode = 'restrict_violation';
  end if;
  return array_remove(p_list, one);
end $$;

-- Changes the columns that p_changes names; null: the default again. Returns what holds now. One
-- statement does it, so that of two who change a list at once both are heard.
create function public.change_guild_settings(
  p_guild_id text, p_changes jsonb, p_user_id text
) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  wrong text := (select c.key from jsonb_each(p_changes) as c
                 where not public.is_guild_setting(c.key, c.value) limit 1);
begin
  if wrong is not null then
    raise exception 'no such setting, or no value for it: %', left(wrong, 100)
      using errcode = 'invalid_parameter_value';
  end if;
  insert into public.guild_settings (guild_id) values (p_guild_id) on conflict do nothing;
  update public.guild_settings as g
    set language = case when p_changes ? 'language' then p_changes ->> 'language'
                        else g.language end,
        model = case when p_changes ? 'model' then p_changes ->> 'model' else g.model end,
        models = case when p_changes ? 'models'
                      then public.list_changed(g.models, p_changes -> 'models')
                      else g.models end,
        system_instruction =
          case when p_changes ? 'system_instruction'
               then coalesce(p_changes ->> 'system_instruction', '')
               else g.system_instruction end,
        footer = case when p_changes ? 'footer'
                      then coalesce((p_changes ->> 'footer')::boolean, true)
                      else g.footer end,
        shared = case when p_changes ? 'shared'
                      then coalesce((p_changes ->> 'shared')::boolean, false)
                      else g.shared end,
        channel_ids = case when p_changes ? 'channel_ids'
                           then public.list_changed(g.channel_ids, p_changes -> 'channel_ids')
                           else g.channel_ids end,
        role_ids = case when p_changes ? 'role_ids'
                        then public.list_changed(g.role_ids, p_changes -> 'role_ids')
                        else g.role_ids end,
        updated_at = now(), updated_by = p_user_id
    where g.guild_id = p_guild_id;
  return public.read_guild_settings(p_guild_id);
end $$;

create function public.read_chosen_model(p_user_id text) returns text
language sql stable security invoker set search_path = '' as $$
  select u.model from public.user_settings as u where u.user_id = p_user_id
$$;

-- Keeps what a user chose; null: nothing any more. Returns what holds now.
create function public.choose_model(p_user_id text, p_model text) returns text
language plpgsql security invoker set search_path = '' as $$
begin
  if p_model is null then
    delete from public.user_settings where user_id = p_user_id;
    return null;
  end if;
  insert into public.user_settings (user_id, model) values (p_user_id, p_model)
    on conflict (user_id) do update set model = excluded.model, updated_at = now();
  return p_model;
end $$;

-- Has everybody leave a model alone for a while; a longer rest is not shortened. Returns until when,
-- if that is news.
create function public.cool_model(p_model text, p_seconds numeric, p_reason text)
returns timestamptz
language sql security invoker set search_path = '' as $$
  insert into public.model_cooldowns as known (model, until, reason)
    values (p_model, now() + make_interval(secs => p_seconds::double precision), p_reason)
    on conflict (model) do update
      set until = excluded.until, reason = excluded.reason, updated_at = now()
      where known.until < excluded.until
    returning until
$$;

-- Keeps what a form is about. Returns until when.
create function public.keep_source(
  p_key text, p_user_id text, p_source jsonb, p_seconds numeric
) returns timestamptz
language plpgsql security invoker set search_path = '' as $$
declare
  kept_until timestamptz := now() + make_interval(secs => p_seconds::double precision);
begin
  delete from public.sources where user_id = p_user_id and expires_at <= now();
  insert into public.sources (key, user_id, source, expires_at)
    values (p_key, p_user_id, p_source, kept_until)
    on conflict (key, user_id) do update
      set source = excluded.source, expires_at = excluded.expires_at;
  return kept_until;
end $$;

create function public.read_source(p_key text, p_user_id text) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select s.source from public.sources as s
    where s.key = p_key and s.user_id = p_user_id and s.expires_at > now()
$$;

-- Whose conversation goes on where somebody asks. What only they see stays out of what others read.
create function public.kind_at(p_guild_id text, p_private boolean) returns text
language sql stable security invoker set search_path = '' as $$
  select case
    when p_private then 'private'
    when exists (select from public.guild_settings as g
                 where g.guild_id = p_guild_id and g.shared) then 'shared'
    else 'personal'
  end
$$;

-- The conversation that a question there would continue: its newest exchanges.
create function public.read_history(
  p_guild_id text, p_channel_id text, p_user_id text, p_private boolean, p_limit integer
) returns jsonb
language plpgsql stable security invoker set search_path = '' as $$
declare
  place_kind text := public.kind_at(p_guild_id, p_private);
  chat public.conversations;
begin
  select c.* into chat from public.conversations as c
    where c.channel_id = p_channel_id and c.kind = place_kind
      and coalesce(c.user_id, '') = case when place_kind = 'shared' then '' else p_user_id end;
  return jsonb_build_object(
    'kind', place_kind, 'summary', coalesce(chat.summary, ''),
    'exchanges', public.newest_exchanges(chat.id, 0, null, greatest(p_limit, 0)),
    'total', (select count(*) from public.messages as m
              where m.conversation_id = chat.id and m.role = 'model'));
end $$;

-- What one needs to know before an answer, in one reading. With p_about, of the conversation which
-- that exchange is in, before it: a summary that tells of it or of what came after is left out. The
-- exchanges are those that may have a place in a model's context.
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
    'exchanges', public.newest_exchanges(chat.id, through, about.place, 200, 60000),
    'about', about.exchange,
    'settled', (select e.exchange
                  from public.reservations as r, public.whole_exchange(r.exchange_id) as e
                  where r.command_id = p_command_id and r.answered limit 1),
    'chosen_model', public.read_chosen_model(p_user_id),
    'cooling', (select coalesce(jsonb_object_agg(
                         m.model, extract(epoch from m.until - now())), '{}')
                  from public.model_cooldowns as m where m.until > now()),
    'cooling_reasons', (select coalesce(jsonb_object_agg(m.model, m.reason), '{}')
                          from public.model_cooldowns as m where m.until > now()));
end $$;

do $$
declare
  name text;
  signature regprocedure;
begin
  foreach name in array array['guild_settings', 'user_settings', 'model_cooldowns', 'sources'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('revoke all on table public.%I from anon, authenticated', name);
    execute format('grant select, insert, update, delete on table public.%I to service_role', name);
  end loop;
  foreach name in array array['guild_settings', 'model_cooldowns'] loop
    execute format('grant select on table public.%I to authenticated', name);
    execute format('create policy halley_admins_read on public.%I for select to authenticated '
                   'using ((select public.is_admin()))', name);
  end loop;
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('read_guild_settings', 'is_guild_setting', 'list_changed',
                          'change_guild_settings', 'read_chosen_model', 'choose_model', 'cool_model', 'keep_source',
                          'read_source', 'kind_at', 'read_history', 'open_chat')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
