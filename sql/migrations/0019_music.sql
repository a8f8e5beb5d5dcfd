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

-- --- what workers say ----------------------------------------------------------------------------

-- Whether somebody wished to be forgotten so shortly ago that a worker may not know it yet.
create function public.is_forgotten(p_user_id text) returns boolean
language sql stable security invoker set search_path = '' as $$
  select exists (select from public.forgotten_requesters as f
                   where f.user_id = p_user_id and f.forgotten_at > now() - interval '1 minute')
$$;

-- Says that the run p_run of the worker p_name lives, and where its sessions are: [{"guild_id",
-- "position_ms", "is_playing"}]. p_begins: it is new, and takes the name from whoever had it. Returns
-- {"replaced": whether another run has the name by now, which ends this one, "lost": guilds that
-- somebody else holds or nobody, "free": how many sessions wait for a worker, "forgotten": the ids of
-- users whose names are to be kept no longer}.
create function public.beat_worker(
  p_name text, p_run text, p_every_seconds integer, p_detail jsonb, p_sessions jsonb,
  p_begins boolean default false
) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  held text[];
  before timestamptz := coalesce((select h.last_beat_at from public.heartbeats as h
                                    where h.name = 'worker ' || p_name), now());
begin
  insert into public.heartbeats as h (name, every_seconds, last_beat_at, detail)
    values ('worker ' || p_name, p_every_seconds, now(),
            p_detail || jsonb_build_object('run', p_run))
    on conflict (name) do update
      set every_seconds = excluded.every_seconds, last_beat_at = now(), detail = excluded.detail
      where p_begins or h.detail ->> 'run' = p_run;
  if not found then
    return jsonb_build_object(
      'replaced', true, 'lost', '[]'::jsonb, 'free', 0, 'forgotten', '[]'::jsonb);
  end if;
  -- One that died and whose name nobody took: the watch has told of it for long enough.
  delete from public.heartbeats as h
    where h.name like 'worker %' and h.last_beat_at < now() - interval '10 minutes';
  delete from public.forgotten_requesters as f where f.forgotten_at < now() - interval '1 hour';
  -- Whoever takes several sessions at once takes them in one order, and never waits in a circle.
  perform from public.active_sessions as s where s.worker_id = p_run order by s.guild_id for update;
  with told as (
    select * from jsonb_to_recordset(p_sessions) as t
      (guild_id text, position_ms bigint, is_playing boolean)
  ), kept as (
    update public.active_sessions as s
      set position_ms = told.position_ms, is_playing = told.is_playing, position_at = now()
      from told
      where s.guild_id = told.guild_id and s.worker_id = p_run
      returning s.guild_id
  )
  select coalesce(array_agg(kept.guild_id), '{}') into held from kept;
  return jsonb_build_object(
    'replaced', false,
    'lost', (select coalesce(jsonb_agg(t.guild_id), '[]')
               from jsonb_to_recordset(p_sessions) as t (guild_id text)
               where t.guild_id <> all (held)),
    'free', (select count(*) from public.active_sessions as s
               where public.is_let_go(s.worker_id)),
    'forgotten', (select coalesce(jsonb_agg(f.user_id), '[]') from public.forgotten_requesters as f
                    where f.forgotten_at > least(before, now() - interval '1 minute')));
end $$;

-- Keeps a session as it is now, and, where p_play names one, notes that a track has begun. A name in
-- p_session is a column's. False: another worker holds the guild.
create function public.save_session(p_run text, p_session jsonb, p_play jsonb default null)
returns boolean
language plpgsql security invoker set search_path = '' as $$
declare
  wished public.active_sessions := jsonb_populate_record(null::public.active_sessions, p_session);
begin
  if public.is_forgotten(wished.requester_id) then
    wished.requested_by := null;
    wished.requester_id := null;
  end if;
  insert into public.active_sessions as s
      (guild_id, track_title, track_url, position_ms, duration_ms, is_playing, play_id, requested_by,
       requester_id, channel_id, text_channel_id, position_at, worker_id, is_paused, loop_mode, volume,
       autoplay, locale)
    values (wished.guild_id, wished.track_title, wished.track_url, wished.position_ms,
            wished.duration_ms, wished.is_playing, wished.play_id, wished.requested_by,
            wished.requester_id, wished.channel_id, wished.text_channel_id, now(), p_run,
            wished.is_paused, wished.loop_mode, wished.volume, wished.autoplay, wished.locale)
    on conflict (guild_id) do update
      set (track_title, track_url, position_ms, duration_ms, is_playing, play_id, requested_by,
           requester_id, channel_id, text_channel_id, position_at, worker_id, is_paused, loop_mode,
           volume, autoplay, locale)
        = (excluded.track_title, excluded.track_url, excluded.position_ms, excluded.duration_ms,
           excluded.is_playing, excluded.play_id, excluded.requested_by, excluded.requester_id,
           excluded.channel_id, excluded.text_channel_id, excluded.position_at, excluded.worker_id,
           excluded.is_paused, excluded.loop_mode, excluded.volume, excluded.autoplay,
           excluded.locale)
      where s.worker_id = p_run or s.worker_id is null or public.is_let_go(s.worker_id);
  if not found then
    return false;
  end if;
  if p_play is not null then
    insert into public.music_history
        (guild_id, track_title, track_url, duration_ms, requested_by, requester_id, play_id)
      select p_play ->> 'guild_id', p_play ->> 'track_title', p_play ->> 'track_url',
             (p_play ->> 'duration_ms')::bigint, who.name, who.id, p_play ->> 'play_id'
        from (values (1)) as always
        left join (select p_play ->> 'requested_by' as name, p_play ->> 'requester_id' as id) as who
          on not public.is_forgotten(who.id)
      on conflict (play_id) where play_id is not null do nothing;
  end if;
  return true;
end $$;

-- Makes what waits in a guild be p_tracks, in their order. False: the run does not hold the guild.
create function public.save_queue(p_run text, p_guild_id text, p_tracks jsonb) returns boolean
language plpgsql security invoker set search_path = '' as $$
begin
  perform from public.active_sessions as s
    where s.guild_id = p_guild_id and s.worker_id = p_run for update;
  if not found then
    return false;
  end if;
  delete from public.music_queue as q
    where q.guild_id = p_guild_id
      and q.id not in (select (t ->> 'id')::uuid from jsonb_array_elements(p_tracks) as t);
  insert into public.music_queue as q
      (id, guild_id, place, track_title, track_url, duration_ms, requested_by, requester_id)
    select distinct on (t.id)
           t.id, p_guild_id, t.place, t.track_title, t.track_url, t.duration_ms,
           case when not t.is_forgotten then t.requested_by end,
           case when not t.is_forgotten then t.requester_id end
      from (
        select listed.*, public.is_forgotten(listed.requester_id) as is_forgotten
          from rows from (jsonb_to_recordset(p_tracks) as
            (id uuid, track_title text, track_url text, duration_ms bigint, requested_by text,
             requester_id text)) with ordinality
            as listed (id, track_title, track_url, duration_ms, requested_by, requester_id, place)
        ) as t
      order by t.id, t.place
    on conflict (id) do update set place = excluded.place
      where q.guild_id = p_guild_id and q.place <> excluded.place;
  return true;
end $$;

-- Forgets the sessions that no worker plays and nobody has touched for so long, with what waits in
-- them. Returns how many those were.
create function public.forget_sessions(p_age interval) returns integer
language plpgsql security invoker set search_path = '' as $$
declare
  forgotten text[];
begin
  with old as materialized (
    select s.guild_id from public.active_sessions as s
      where s.updated_at < now() - p_age and public.is_let_go(s.worker_id)
      order by s.guild_id for update skip locked
  ), gone as (
    delete from public.active_sessions as s using old where s.guild_id = old.guild_id
      returning s.guild_id
  )
  select coalesce(array_agg(gone.guild_id), '{}') into forgotten from gone;
  delete from public.music_queue as q where q.guild_id = any (forgotten);
  return cardinality(forgotten);
end $$;

-- Takes sessions that no worker plays any more, at most p_limit, or that of one guild. One that nobody
-- has touched for ten minutes is no longer wished for, and goes. Returns [{"session", "queue",
-- "settings"}].
create function public.adopt_sessions(
  p_run text, p_limit integer, p_guild_id text default null
) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  adopted jsonb;
begin
  perform public.forget_sessions(interval '10 minutes');
  with free as materialized (
    select s.guild_id from public.active_sessions as s
      where public.is_let_go(s.worker_id)
        and (p_guild_id is null or s.guild_id = p_guild_id)
      order by s.guild_id limit p_limit for update skip locked
  ), taken as (
    -- position_ms is where it was heard last: nobody has played it since.
    update public.active_sessions as s
      set worker_id = p_run, is_playing = false
      from free where s.guild_id = free.guild_id
      returning s.*
  )
  select jsonb_agg(jsonb_build_object(
           'session', to_jsonb(taken) - 'notice_id',
           'queue', public.queue_told(taken.guild_id, 0, 10000),
           'settings', public.music_settings_told(taken.guild_id)))
    into adopted from taken;
  return coalesce(adopted, '[]');
end $$;

-- Ends a session and forgets what waits in it. False: the run does not hold the guild.
create function public.end_session(p_run text, p_guild_id text) returns boolean
language plpgsql security invoker set search_path = '' as $$
begin
  delete from public.active_sessions as s where s.guild_id = p_guild_id and s.worker_id = p_run;
  if not found then
    return false;
  end if;
  delete from public.music_queue as q where q.guild_id = p_guild_id;
  return true;
end $$;

-- Lets go of all that a run holds, so that another goes on with it at once, and withdraws its beat.
-- False: there was none, or another run's.
create function public.end_worker(p_name text, p_run text) returns boolean
language plpgsql security invoker set search_path = '' as $$
begin
  perform from public.active_sessions as s where s.worker_id = p_run order by s.guild_id for update;
  update public.active_sessions set is_playing = false where worker_id = p_run;
  delete from public.heartbeats as h
    where h.name = 'worker ' || p_name and h.detail ->> 'run' = p_run;
  return found;
end $$;

-- What a worker leaves behind: lines for bot_logs, [{"level", "message", "created_at"}], and, unless
-- it is null, a row of system_stats: its process, and the ways to Discord's gateway and to Lavalink.
-- Returns true.
create function public.record_worker(p_events jsonb, p_reading jsonb default null) returns boolean
language plpgsql security invoker set search_path = '' as $$
begin
  perform public.write_log(p_events);
  insert into public.system_stats
      (cpu_usage, ram_rss, ram_heap, ping_gateway, ping_lavalink, source)
    select r.cpu_usage, r.ram_rss, r.ram_heap, r.ping_gateway, r.ping_lavalink, 'worker'
      from jsonb_populate_record(null::public.system_stats, p_reading) as r
      where p_reading is not null;
  return true;
end $$;

-- --- the queue, and who may ask ------------------------------------------------------------------

-- As in 0006; and an order for a guild that a living worker holds is for that worker alone.
create or replace function public.claim_commands(
  p_kinds text[],
  p_limit integer default 10,
  p_lease_seconds integer default 60,
  p_holder text default null,
  p_application_id text default null
) returns table (
  id uuid, command text, payload jsonb, attempts integer, lease_id uuid,
  created_at timestamptz, expires_at timestamptz, progress jsonb, token text, interaction jsonb
)
language plpgsql security invoker set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
#variable_conflict use_column
declare
  -- All kinds of one caller are of one handler, whose rows stand together in the index.
  caller text := (select min(k.handled_by) from public.command_kinds as k
                  where k.command = any (p_kinds));
  others text[] := '{}';  -- the guilds of other workers
  ids uuid[] := '{}';
begin
  if caller = 'worker' then
    others := array(
      select s.guild_id from public.active_sessions as s
        where s.worker_id <> p_holder and s.worker_id in (select * from public.living_workers()));
  end if;
  -- Rows to look after first: nearly always there are none, and each index tells so at once.
  if exists (select from public.command_queue as q
               where q.status = 'processing' and q.locked_until <= now())
      or exists (select from public.command_queue as q
                   where q.status in ('pending', 'processing') and q.expires_at <= now())
      or exists (select from public.command_queue as q
                   where q.status = 'pending' and q.handled_by is null)
      or exists (select from public.command_queue as q
                   where q.status = 'processing' and q.locked_until is null)
  then
    perform public.fail_lost_commands();
    ids := array(
      select q.id
        from public.command_queue as q
        where q.status = 'processing'
          and q.locked_until <= now()
          and q.command = any (p_kinds)
          and (p_application_id is null
               or coalesce(q.payload ->> 'application_id', p_application_id) = p_application_id)
          and q.attempts < q.max_attempts
          and (q.expires_at is null or q.expires_at > now())
          and coalesce(q.guild_id <> all (others), true)
        order by q.locked_until
        limit least(p_limit, 1)
        for update skip locked);
  end if;
  if ids = '{}' then
    ids := array(
      select q.id
        from public.command_queue as q
        where q.status = 'pending'
          and q.handled_by = caller
          and q.run_at <= now()
          and q.command = any (p_kinds)
          and (p_application_id is null
               or coalesce(q.payload ->> 'application_id', p_application_id) = p_application_id)
          and (q.expires_at is null or q.expires_at > now())
          and coalesce(q.guild_id <> all (others), true)
          and (q.order_key is null or not exists (
            select from public.command_queue as earlier
              where earlier.order_key = q.order_key and earlier.seq < q.seq
                and earlier.status in ('pending', 'processing')))
        order by q.run_at, q.seq
        limit p_limit
        for update skip locked);
  end if;
  if ids = '{}' then
    return;
  end if;
  return query
    with claimed as (
      update public.command_queue as q
        set status = 'processing',
            attempts = q.attempts + 1,
            lease_id = gen_random_uuid(),
            locked_until = now() + make_interval(secs => p_lease_seconds),
            locked_by = p_holder,
            started_at = now()
        where q.id = any (ids)
        returning q.*
    )
    select c.id, c.command, c.payload::jsonb, c.attempts, c.lease_id, c.created_at::timestamptz,
           c.expires_at, c.progress, s.token, s.interaction
      from claimed as c
      left join public.command_secrets as s on s.command_id = c.id
      order by c.run_at, c.seq;
end $$;

-- As in 0014; and sessions that no worker ever went on with, and what waits where nothing plays.
create or replace function public.delete_old_rows(p_limit integer default 1000) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  counts jsonb;
  gone integer;
begin
  perform public.lock_deletions();
  counts := public.delete_old_records(p_limit);
  counts := counts || public.delete_old_chats(p_limit);
  counts := counts || jsonb_build_object(
    'active_sessions', public.forget_sessions(interval '1 day'));
  delete from public.music_queue as q where q.id in (
    select w.id from public.music_queue as w
      where w.created_at < now() - interval '1 day'
        and not exists (select from public.active_sessions as s where s.guild_id = w.guild_id)
      limit p_limit);
  get diagnostics gone = row_count;
  delete from public.forgotten_requesters as f where f.forgotten_at < now() - interval '1 hour';
  return counts || jsonb_build_object('music_queue', gone);
end $$;

-- As in 0014; and what they wished to hear plays on, without their name.
create or replace function public.delete_user_data(p_user_id text) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  records jsonb;
begin
  perform public.lock_deletions();
  perform public.note_lost_runs_of(p_user_id);
  -- Sessions first, and in one order: whoever changes what waits in one has locked it.
  perform from public.active_sessions as s
    where p_user_id in (s.requested_by, s.requester_id)
       or s.guild_id in (select q.guild_id from public.music_queue as q
                           where q.requester_id = p_user_id)
    order by s.guild_id for update;
  if exists (select from public.living_workers()) then
    insert into public.forgotten_requesters as f (user_id) values (p_user_id)
      on conflict (user_id) do update set forgotten_at = now();
  end if;
  records := public.delete_user_records(p_user_id);
  update public.music_queue set requested_by = null, requester_id = null
    where requester_id = p_user_id;
  update public.music_settings set updated_by = null where updated_by = p_user_id;
  return records || public.delete_user_chats(p_user_id);
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
        and p.proname in ('worker_gone', 'living_workers', 'order_player', 'session_told',
                          'music_settings_told', 'queue_told', 'read_player', 'read_plays',
                          'suggest_tracks', 'pick_track', 'change_music_settings', 'beat_worker',
                          'save_session', 'save_queue', 'adopt_sessions', 'end_session', 'end_worker',
                          'record_worker', 'is_let_go', 'is_forgotten', 'forget_sessions',
                          'claim_commands', 'delete_old_rows', 'delete_user_data')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
