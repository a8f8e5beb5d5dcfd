-- What a worker plays, and for whom: what waits to be played, what a guild chose for its music, and
-- which run of which worker holds which guild.
--
-- A run of a worker is named by a text of its own, and beats: whoever has not been heard of for
-- worker_gone() holds nothing any more, and what it held is any worker's. A session without such a
-- name is another bot's, and no worker touches it until somebody has it play there.

alter table public.active_sessions
  add column if not exists worker_id text,             -- the run that plays it, or played it last
  add column if not exists text_channel_id text,       -- where it says what it does
  add column if not exists is_paused boolean not null default false,  -- somebody wished so
  add column if not exists loop_mode text not null default 'off'
    constraint active_sessions_loop_mode check (loop_mode in ('off', 'track', 'queue')),
  add column if not exists volume integer not null default 100,       -- per cent
  add column if not exists autoplay boolean not null default false,
  add column if not exists locale text not null default 'en-US';
alter table public.music_history add column if not exists play_id text;
create unique index if not exists music_history_play on public.music_history (play_id)
  where play_id is not null;

create table public.music_queue (
  id uuid primary key default gen_random_uuid(),
  guild_id text not null,
  place integer not null,              -- the lowest is next
  track_title text not null,
  track_url text not null,
  duration_ms bigint,                  -- null: nobody knows
  requested_by text,                   -- their name
  requester_id text,                   -- their Discord id
  created_at timestamptz not null default now()
);
create index music_queue_by_guild on public.music_queue (guild_id, place);
create index music_queue_by_requester on public.music_queue (requester_id);

create table public.music_settings (
  guild_id text primary key,
  dj_role_id text check (dj_role_id ~ '^[0-9]{1,20}$'),   -- null: there is none
  volume integer not null default 100 check (volume between 0 and 200),
  autoplay boolean not null default false,
  updated_at timestamptz not null default now(),
  updated_by text
);

-- Who wished to be forgotten of late. A worker has names in its memory, and would write them anew.
create table public.forgotten_requesters (
  user_id text primary key,
  forgotten_at timestamptz not null default now()
);

-- An order is good for a while. One of long ago must not be carried out now.
create temporary table player_kinds on commit drop as
  select kind as command, case kind when 'play' then 90 else 30 end as expires_after_seconds
    from unnest(array['play', 'pause', 'resume', 'skip', 'previous', 'stop', 'seek', 'volume', 'loop',
                      'shuffle', 'move', 'remove', 'clear', 'autoplay']) as kind;
update public.command_queue as q set expires_at = now()
  from player_kinds as k
  where q.command = k.command and q.status in ('pending', 'processing') and q.expires_at is null;
insert into public.command_kinds as known (command, handled_by, expires_after_seconds)
  select k.command, 'worker', k.expires_after_seconds from player_kinds as k
  on conflict (command) do update
    set handled_by = 'worker',
        expires_after_seconds = coalesce(
          known.expires_after_seconds, excluded.expires_after_seconds);

-- After so long without a beat a run of a worker is taken for dead.
create function public.worker_gone() returns interval
language sql immutable set search_path = '' as $$ select interval '15 seconds' $$;

-- The runs of workers that live.
create function public.living_workers() returns setof text
language sql stable security invoker set search_path = '' as $$
  select h.detail ->> 'run' from public.heartbeats as h
    where h.name like 'worker %' and h.detail ->> 'run' is not null
      and h.last_beat_at > now() - public.worker_gone()
$$;

-- Whether a worker held a session and does no more, so that another may go on with it. Null is what
-- other bots write, who know no such column.
create function public.is_let_go(p_worker_id text) returns boolean
language sql stable security invoker set search_path = '' as $$
  select p_worker_id is not null and p_worker_id not in (select * from public.living_workers())
$$;

-- --- what the functions ask ----------------------------------------------------------------------

-- Orders the worker to do what p_payload says: {"guild_id", ...}, which dashboards may read. Who asked
-- stands in p_interaction. The payload gets `standing`: dj for who holds the guild's DJ role or
-- manages channels, else member. Returns ordered, also where the same order was given before; or,
-- without a row, no_worker; or too_many: each search takes a while, and whoever has that many before
-- the player would keep everybody else from it.
create function public.order_player(
  p_id uuid, p_command text, p_payload jsonb, p_token text, p_interaction jsonb
) returns text
language plpgsql security invoker set search_path = '' as $$
declare
  most_plays constant integer := 5;
  guild text := p_payload ->> 'guild_id';
  -- Finding a track takes a while, and nobody who pauses should wait for it.
  key text := case p_command when 'play' then 'plays:' else 'player:' end || guild;
  permissions text := coalesce(p_interaction #>> '{member,permissions}', '0');
  -- Administrators have the bit 3, who manages channels the bit 4; there are more bits than a bigint's.
  is_dj boolean := case when permissions ~ '^[0-9]{1,99}$'
                        then mod(div(permissions::numeric, 8), 4) <> 0 else false end
    or exists (select from public.music_settings as s
                 where s.guild_id = guild and p_interaction #> '{member,roles}' ? s.dj_role_id);
begin
  if guild is null or not exists (select from public.command_kinds as k
                                    where k.command = p_command and k.handled_by = 'worker') then
    raise exception using errcode = 'invalid_parameter_value',
      message = 'The worker has no such order, or it names no guild.';
  end if;
  if exists (select from public.command_queue as q where q.id = p_id) then
    return 'ordered';
  elsif not exists (select from public.living_workers()) then
    return 'no_worker';
  elsif p_command = 'play' and most_plays <= (
      select count(*) from public.command_queue as q
        join public.command_secrets as s on s.command_id = q.id
        where q.order_key = key and q.status in ('pending', 'processing') and q.expires_at > now()
          and s.interaction #>> '{member,user,id}' = p_interaction #>> '{member,user,id}') then
    return 'too_many';
  end if;
  insert into public.command_queue (id, command, payload, order_key)
    values (p_id, p_command,
            p_payload || jsonb_build_object('standing', case when is_dj then 'dj' else 'member' end),
            key)
    on conflict (id) do nothing;
  if found then
    insert into public.command_secrets (command_id, token, interaction)
      values (p_id, p_token, p_interaction);
  end if;
  return 'ordered';
end $$;

-- A session's row as everybody reads it, with the position as it is now. Of one whose worker is lost
-- nothing is heard: it stands where it was heard last.
create function public.session_told(p_session public.active_sessions) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select to_jsonb(p_session) - 'notice_id' || jsonb_build_object(
    'is_playing', coalesce(is_heard, false),
    'position_ms', case
      when is_heard then least(
        coalesce(p_session.position_ms, 0)
          + floor(1000 * extract(epoch from now() - coalesce(p_session.position_at, now())))::bigint,
        coalesce(nullif(p_session.duration_ms, 0), 9223372036854775807))
      else coalesce(p_session.position_ms, 0) end)
    from (values (p_session.is_playing and not public.is_let_go(p_session.worker_id)))
      as told (is_heard)
$$;

create function public.music_settings_told(p_guild_id text) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select jsonb_build_object('dj_role_id', s.dj_role_id, 'volume', coalesce(s.volume, 100),
                            'autoplay', coalesce(s.autoplay, false))
    from (values (1)) as always left join public.music_settings as s on s.guild_id = p_guild_id
$$;

create function public.queue_told(p_guild_id text, p_offset integer, p_limit integer) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select coalesce(jsonb_agg(to_jsonb(page) - 'guild_id' - 'place' - 'created_at'
                            order by page.place, page.id), '[]')
    from (select * from public.music_queue as q where q.guild_id = p_guild_id
            order by q.place, q.id offset p_offset limit p_limit) as page
$$;

-- What plays in a guild and what waits: {"has_worker", "session" or null, "queue": a page of what
-- waits, "waiting": how many, "waiting_ms": how long together as far as known, "settings",
-- "is_ordered": whether the order p_order_id was given before}.
create function public.read_player(
  p_guild_id text, p_offset integer default 0, p_limit integer default 10,
  p_order_id uuid default null
) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select jsonb_build_object(
    'has_worker', exists (select from public.living_workers()),
    'session', (select public.session_told(s) from public.active_sessions as s
                  where s.guild_id = p_guild_id),
    'queue', public.queue_told(p_guild_id, p_offset, p_limit),
    'waiting', (select count(*) from public.music_queue as q where q.guild_id = p_guild_id),
    'waiting_ms', (select coalesce(sum(q.duration_ms), 0) from public.music_queue as q
                     where q.guild_id = p_guild_id),
    'settings', public.music_settings_told(p_guild_id),
    'is_ordered', exists (select from public.command_queue as q where q.id = p_order_id))
$$;

-- What was played in a guild, the newest first: {"plays": a page, "total"}.
create function public.read_plays(
  p_guild_id text, p_offset integer default 0, p_limit integer default 10
) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select jsonb_build_object(
    'plays', coalesce((
      select jsonb_agg(jsonb_build_object(
               'track_title', page.track_title, 'track_url', page.track_url,
               'duration_ms', page.duration_ms, 'requested_by', page.requested_by,
               'requester_id', page.requester_id, 'created_at', page.created_at)
               order by page.created_at desc, page.id desc)
        from (select * from public.music_history as m where m.guild_id = p_guild_id
                order by m.created_at desc, m.id desc offset p_offset limit p_limit) as page), '[]'),
    'total', (select count(*) from public.music_history as m where m.guild_id = p_guild_id))
$$;

-- Tracks that were played in a guild of late whose title has what somebody types, the newest first.
create function public.suggest_tracks(
  p_guild_id text, p_typed text, p_limit integer default 25
) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('track_title', found.track_title,
                                               'track_url', found.track_url)
                            order by found.newest desc), '[]')
    from (
      select m.track_url, max(m.created_at) as newest,
             (array_agg(m.track_title order by m.created_at desc))[1] as track_title
        from (select * from public.music_history as h where h.guild_id = p_guild_id
                order by h.created_at desc limit 2000) as m
        where position(lower(p_typed) in lower(m.track_title)) > 0 and m.track_url is not null
        group by m.track_url
        order by newest desc
        limit p_limit) as found
$$;

-- One that was played in a guild before and is none of p_except, by chance: what was asked for more
-- often has the better one. Null: there is none.
create function public.pick_track(p_guild_id text, p_except text[]) returns jsonb
language sql volatile security invoker set search_path = '' as $$
  select jsonb_build_object('track_title', m.track_title, 'track_url', m.track_url,
                            'duration_ms', m.duration_ms)
    from (select * from public.music_history as h where h.guild_id = p_guild_id
            order by h.created_at desc limit 2000) as m
    where m.track_url is not null and m.track_url <> all (p_except)
    order by random() limit 1
$$;

-- Changes what p_changes names of dj_role_id, volume and autoplay; null: the default again. Returns
-- what holds now.
create function public.change_music_settings(
  p_guild_id text, p_changes jsonb, p_user_id text
) returns jsonb
language plpgsql security invoker set search_path = '' as $$
begin
  insert into public.music_settings (guild_id) values (p_guild_id) on conflict do nothing;
  update public.music_settings as s
    set dj_role_id = case when p_changes ? 'dj_role_id' then p_changes ->> 'dj_role_id'
                          else s.dj_role_id end,
        volume = case when p_changes ? 'volume' then coalesce((p_changes ->> 'volume')::integer, 100)
                      else s.volume end,
        autoplay = case when p_changes ? 'autoplay'
                        then coalesce((p_changes ->> 'autoplay')::boolean, false)
                        else s.autoplay end,
        updated_at = now(),
        updated_by = p_user_id
    where s.guild_id = p_guild_id;
  return public.music_settings_told(p_guild_id);
end $$;

do $$
declare
  name text;
  signature regprocedure;
begin
  foreach name in array array['music_queue', 'music_settings', 'forgotten_requesters'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('revoke all on table public.%I from anon, authenticated', name);
    execute format('grant select, insert, update, delete on table public.%I to service_role', name);
    continue when name = 'forgotten_requesters';  -- which is nobody's business
    execute format('grant select on table public.%I to authenticated', name);
    execute format('create policy halley_admins_read on public.%I for select to authenticated '
                   'using ((select public.is_admin()))', name);
  end loop;
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('worker_gone', 'living_workers', 'is_let_go', 'order_player',
                          'session_told', 'music_settings_told', 'queue_told', 'read_player',
                          'read_plays', 'suggest_tracks', 'pick_track', 'change_music_settings')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
