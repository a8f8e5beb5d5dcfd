-- What the runs of workers say: that they live, what plays in their guilds, and what they let go of.

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

do $$
declare
  signature regprocedure;
begin
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('is_forgotten', 'beat_worker', 'save_session', 'save_queue',
                          'forget_sessions', 'adopt_sessions', 'end_session', 'end_worker',
                          'record_worker')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
