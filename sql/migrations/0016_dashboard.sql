-- What the dashboard's first pages show, one document a function: added up here, with the rights of
-- whoever asks, so that somebody who may read no row learns of none. Each is one statement, so that
-- its plan can be looked at, and takes its columns as somebody's own tables may have them: times
-- without a zone are UTC, numbers may be of any kind.

-- A time in whole milliseconds: Postgres sorts these in half the time. No number is too large or too
-- small for it, since the ledger's index holds it of every row. (This and others without a search_path
-- of their own are so that they become part of the query that calls them.)
create function public.whole_ms(p_ms numeric) returns integer
language sql immutable security invoker parallel safe as $$
  select case when p_ms >= 2000000000 then 2000000000 when p_ms < 0 then 0 else p_ms::integer end
$$;

-- As in 0007; and with all that is added up, so that the table itself need not be read, nor its times
-- be rounded again. A query takes these from here only if it reads the ledger alone: joined to
-- another table it would round them itself. Postgres reads no index alone that lacks the columns
-- which it computes from, so they are there as well. What whole_ms does is written out: its name would
-- stay unknown to a connection that first looked at the ledger by a role which may not call it.
drop index public.interaction_log_newest;
create index interaction_log_newest
  on public.interaction_log (
    created_at desc,
    (case when acknowledged_ms >= 2000000000 then 2000000000 when acknowledged_ms < 0 then 0
          else acknowledged_ms::integer end),
    (case when finished_ms >= 2000000000 then 2000000000 when finished_ms < 0 then 0
          else finished_ms::integer end))
  include (margin_ms, cold_start, command, kind, outcome, acknowledged_ms, finished_ms);

-- The last days of a zone, today included, each with its beginning and its end.
create function public.dashboard_days(p_zone text, p_days integer)
returns table (zone text, day date, starts_at timestamptz, ends_at timestamptz)
language sql stable security invoker rows 30 set search_path = '' as $$
  select t.zone, t.today - ago, (t.today - ago)::timestamp at time zone t.zone,
         (t.today - ago + 1)::timestamp at time zone t.zone
    from (
      select z.zone, (now() at time zone z.zone)::date as today
        from (select public.zone_of(p_zone) as zone) as z) as t,
         generate_series(0, least(greatest(coalesce(p_days, 30), 1), 400) - 1) as ago
$$;

-- The figures of the ledger's commands since a moment.
create function public.dashboard_figures(p_since timestamptz) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select jsonb_build_object(
      'executed', f.executed, 'errors', f.errors, 'refused', f.refused,
      'error_rate', case when f.executed > 0 then round(f.errors::numeric / f.executed, 4)
                         else 0 end,
      'acknowledged_p50_ms', round(f.acknowledged[1]::numeric, 1),
      'acknowledged_p95_ms', round(f.acknowledged[2]::numeric, 1),
      'p50_ms', round(f.finished[1]::numeric, 1), 'p95_ms', round(f.finished[2]::numeric, 1),
      'cold_starts', f.cold_starts)
    from (
      select count(*) as executed,
             count(*) filter (where l.outcome = 'failed') as errors,
             count(*) filter (where l.outcome = 'refused') as refused,
             count(*) filter (where l.cold_start) as cold_starts,
             percentile_cont(array[0.5, 0.95])
               within group (order by l.acknowledged_ms::float8) as acknowledged,
             percentile_cont(array[0.5, 0.95])
               within group (order by l.finished_ms::float8) as finished
        from public.interaction_log as l
        where l.created_at >= p_since and l.kind <> 'autocomplete') as f
$$;

-- What the assistant gave and took between two moments.
create function public.dashboard_answers(p_since timestamptz, p_until timestamptz) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select jsonb_build_object(
      'answers', count(*) filter (where coalesce(u.purpose, 'answer') <> 'summary'
                                    and coalesce(u.outcome, 'complete') <> 'failed'),
      'calls', count(*),
      'prompt_tokens', coalesce(sum(u.prompt_tokens), 0),
      'completion_tokens', coalesce(sum(u.completion_tokens), 0),
      'total_tokens', coalesce(sum(u.total_tokens), 0),
      'cost_usd', coalesce(sum(u.cost_usd), 0),
      'unpriced_calls', count(*) filter (where u.cost_usd is null and u.total_tokens > 0))
    from public.gemini_usage as u
    where u.created_at >= p_since and u.created_at < p_until
$$;

-- Everything that the first page shows. Who is no admin is told so, and of no status: to somebody
-- who may read nothing, every bot looks well.
create function public.dashboard_overview(p_zone text) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with span as materialized (
    select d.zone, min(d.starts_at) as yesterday, max(d.starts_at) as today,
           date_trunc('hour', now(), d.zone) as this_hour
      from public.dashboard_days(p_zone, 2) as d group by d.zone
  ), last_hour as materialized (
    select public.dashboard_figures(now() - interval '1 hour') as said
  ), found as materialized (
    select w.name, w.detail from public.watch_findings() as w
    union all
    select 'watch', format('The watch itself fails; it last went well at %s.', coalesce(
             to_char(s.last_run_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), 'no time'))
      from public.schedules as s
      where s.name = 'watch' and s.since > coalesce(s.last_run_at, '-infinity')
    union all
    select 'slow', format('One command in twenty is acknowledged later than %s ms.',
             round((h.said ->> 'acknowledged_p95_ms')::numeric))
      from last_hour as h
      where (h.said ->> 'acknowledged_p95_ms')::numeric
          > (select t.value from public.thresholds as t where t.name = 'slow_ms')
        and (h.said ->> 'executed')::bigint
          >= (select t.value from public.thresholds as t where t.name = 'error_rate_commands')
  ), tick as materialized (
    select s.name, s.is_tick, s.every_seconds, s.last_run_at,
           exists (select from found as f where f.name = 'schedule:' || s.name) as late,
           now() - greatest(s.last_run_at, s.since)
             > make_interval(secs => greatest(4 * s.every_seconds, 900)) as missing
      from public.schedules as s where s.name <> 'watch'
  )
  select jsonb_build_object(
    'now', now(),
    'zone', span.zone,
    'is_admin', (select public.is_admin()),
    'status', case
      when not (select public.is_admin()) then null
      when (select bool_and(t.missing) from tick as t where t.is_tick)
          or ((h.said ->> 'error_rate')::numeric > 0.5
              and (h.said ->> 'executed')::bigint
                >= (select t.value from public.thresholds as t
                    where t.name = 'error_rate_commands'))
        then 'unhealthy'
      when exists (select from found) then 'degraded'
      else 'healthy' end,
    'is_new', not exists (select from public.interaction_log)
              and not exists (select from public.system_stats),
    'findings', (
      select coalesce(jsonb_agg(jsonb_build_object(
          'name', f.name, 'kind', split_part(f.name, ':', 1),
          'subject', nullif(substr(f.name, length(split_part(f.name, ':', 1)) + 2), ''),
          'detail', f.detail,
          'since', (select min(a.opened_at) from public.alerts as a
                    where a.name = f.name and a.closed_at is null)) order by f.name), '[]')
        from found as f),
    'ticks', (
      select coalesce(jsonb_agg(to_jsonb(t) - 'missing' order by not t.is_tick, t.name), '[]')
        from tick as t),
    'heartbeats', (
      select coalesce(jsonb_agg(jsonb_build_object(
          'name', b.name, 'every_seconds', b.every_seconds, 'last_beat_at', b.last_beat_at,
          'late', exists (select from found as f where f.name = 'heartbeat:' || b.name),
          'detail', b.detail) order by b.name), '[]')
        from public.heartbeats as b),
    'queue', (select to_jsonb(q) from public.queue_reading() as q),
    'last_hour', h.said,
    'last_day', public.dashboard_figures(now() - interval '1 day'),
    'today', public.dashboard_answers(span.today, 'infinity'),
    'yesterday', public.dashboard_answers(span.yesterday, span.today),
    'hours', (
      select jsonb_agg(jsonb_build_object('starts_at', each.starts_at,
                 'executed', coalesce(c.executed, 0), 'errors', coalesce(c.errors, 0),
                 'refused', coalesce(c.refused, 0))
                 order by each.starts_at)
        from generate_series(span.this_hour - interval '23 hours', span.this_hour,
                             interval '1 hour') as each (starts_at)
        left join (
          select date_bin('1 hour', l.created_at, span.this_hour) as starts_at,
                 count(*) as executed,
                 count(*) filter (where l.outcome = 'failed') as errors,
                 count(*) filter (where l.outcome = 'refused') as refused
            from public.interaction_log as l
            where l.created_at >= span.this_hour - interval '23 hours'
              and l.kind <> 'autocomplete'
            group by 1) as c on c.starts_at = each.starts_at),
    'sessions', (
      select coalesce(jsonb_agg(jsonb_build_object(
          'guild_id', s.guild_id, 'play_id', s.play_id, 'track_title', s.track_title,
          'track_url', s.track_url, 'position_ms', s.position_ms, 'position_at', s.position_at,
          'duration_ms', s.duration_ms, 'is_playing', s.is_playing,
          'requested_by', s.requested_by, 'requester_id', s.requester_id,
          'channel_id', s.channel_id, 'updated_at', s.updated_at::timestamptz)
          order by s.is_playing is not true, s.guild_id), '[]')
        from public.active_sessions as s),
    'reading', (
      select jsonb_build_object('created_at', r.created_at::timestamptz,
          'source', coalesce(r.source, ''), 'cpu_usage', r.cpu_usage, 'ram_rss', r.ram_rss,
          'ram_heap', r.ram_heap, 'ping_gateway', r.ping_gateway,
          'ping_lavalink', r.ping_lavalink)
        from public.system_stats as r order by r.created_at desc limit 1))
    from span, last_hour as h
$$;

-- The readings between two moments in about p_points stretches, by whose they are and measure:
-- {"width_seconds", "series": [{"source", "measure", "gap_seconds", "points": [[when a stretch
-- begins in seconds since 1970, samples, minimum, mean, maximum], ...]}]}. Neighbours that are
-- further apart than gap_seconds have a gap between them. Wide stretches are made of the hours'
-- roll-ups and what is newer than these; so are hours whose readings have gone, and of the days'
-- those before them. No stretch is finer than the coarsest of what it is made of: where a curve goes
-- over from roll-ups to readings, that is no gap.
create function public.system_series(
  p_since timestamptz, p_until timestamptz default now(), p_points integer default 300
) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with wanted as materialized (
    select w.since, w.until,
           (select coalesce(min(nice.seconds), 86400)
              from unnest(array[60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200])
                as nice (seconds)
              where nice.seconds >= extract(epoch from w.until - w.since)
                / least(greatest(coalesce(p_points, 300), 10), 2000)) as seconds
      from (
        select greatest(coalesce(p_since, n.until - interval '1 day'),
                        n.until - interval '800 days') as since, n.until
          from (select least(coalesce(p_until, now()), now() + interval '1 day') as until) as n
        ) as w
  ), known as materialized (
    select (select min(s.created_at)::timestamptz from public.system_stats as s) as first_reading,
           (select max(r.starts_at) from public.system_stats_rollups as r
              where r.grain = 'hour') as last_hour,
           (select min(r.starts_at) from public.system_stats_rollups as r
              where r.grain = 'hour') as first_hour,
           (select min(r.starts_at) from public.system_stats_rollups as r
              where r.grain = 'day') as first_day,
           timestamptz '2000-01-01 00:00+00' as origin
  ), seams as materialized (
    -- Readings are whole from there on, and the hours' roll-ups.
    select case when k.first_reading is null then 'infinity'
                when k.first_hour < date_bin('1 hour', k.first_reading, k.origin)
                  then date_bin('1 hour', k.first_reading - interval '1 us', k.origin)
                    + interval '1 hour'
                else '-infinity' end as readings_since,
           case when k.first_hour is null then 'infinity'
                when k.first_day < date_bin('1 day', k.first_hour, k.origin)
                  then date_bin('1 day', k.first_hour - interval '1 us', k.origin)
                    + interval '1 day'
                else '-infinity' end as hours_since
      from known as k
  ), made as materialized (
    select w.since, w.until, s.readings_since, s.hours_since, greatest(w.seconds, case
             when exists (select from public.system_stats_rollups as r
                          where r.grain = 'day' and r.starts_at >= w.since
                            and r.starts_at < least(w.until, s.hours_since))
               then 86400
             when exists (select from public.system_stats_rollups as r
                          where r.grain = 'hour' and r.starts_at < least(w.until, s.readings_since)
                            and r.starts_at >= greatest(w.since, s.hours_since))
               then 3600 end) as seconds
      from wanted as w, seams as s
  ), edges as materialized (
    -- Readings from there on, the hours' roll-ups before that, and before these the days'.
    select m.since, m.until, m.seconds, m.hours_since,
           case when k.first_reading is not null and m.seconds >= 3600
                  then coalesce(k.last_hour + interval '1 hour', '-infinity')
                else m.readings_since end as readings_since
      from made as m, known as k
  ), piece as (
    select s.created_at::timestamptz as moment, coalesce(s.source, '') as source, m.measure,
           1::bigint as samples, m.value as minimum, m.value as mean, m.value as maximum
      from edges as e, public.system_stats as s,
           lateral (values ('cpu_usage', s.cpu_usage::float8), ('ram_rss', s.ram_rss::float8),
             ('ram_heap', s.ram_heap::float8), ('ping_gateway', s.ping_gateway::float8),
             ('ping_lavalink', s.ping_lavalink::float8)) as m (measure, value)
      where s.created_at >= greatest(e.since, e.readings_since) and s.created_at < e.until
        and m.value is not null
    union all
    select r.starts_at, r.source, r.measure, r.samples, r.minimum::float8, r.mean::float8,
           r.maximum::float8
      from edges as e, public.system_stats_rollups as r
      where r.starts_at >= e.since and r.starts_at < e.until
        and ((r.grain = 'hour' and r.starts_at < e.readings_since
              and r.starts_at >= e.hours_since)
             or (r.grain = 'day' and r.starts_at < e.hours_since))
  ), stretch as (
    select floor(extract(epoch from p.moment)::float8 / e.seconds)::bigint * e.seconds as starts_at,
           p.source, p.measure, sum(p.samples) as samples, min(p.minimum) as minimum,
           sum(p.mean * p.samples) / sum(p.samples) as mean, max(p.maximum) as maximum
      from piece as p, edges as e
      group by 1, 2, 3, e.seconds
  ), spaced as (
    select s.*, s.starts_at - lag(s.starts_at)
             over (partition by s.source, s.measure order by s.starts_at) as distance
      from stretch as s
  ), series as (
    select s.source, s.measure,
           2.5 * greatest(percentile_disc(0.5) within group (order by s.distance),
                          (select e.seconds from edges as e)) as gap_seconds,
           jsonb_agg(jsonb_build_array(s.starts_at, s.samples, round(s.minimum::numeric, 2),
                       round(s.mean::numeric, 2), round(s.maximum::numeric, 2))
                     order by s.starts_at) as points
      from spaced as s
      group by 1, 2
  )
  select jsonb_build_object('since', e.since, 'until', e.until, 'width_seconds', e.seconds,
           'series', (select coalesce(jsonb_agg(to_jsonb(s) order by s.source, s.measure), '[]')
                        from series as s))
    from edges as e
$$;

-- How many rows the queue has, by state and by why they failed, and what waits.
create function public.queue_counts() returns jsonb
language sql stable security invoker set search_path = '' as $$
  with counted as materialized (
    select q.status, q.failure_reason, q.command, count(*) as count
      from public.command_queue as q group by 1, 2, 3
  )
  select jsonb_build_object(
      'statuses', (
        select jsonb_object_agg(s.status, (
                 select coalesce(sum(c.count), 0) from counted as c where c.status = s.status))
          from unnest(array['pending', 'processing', 'completed', 'failed']) as s (status)),
      'reasons', (
        select coalesce(jsonb_object_agg(r.reason, r.count), '{}')
          from (select c.failure_reason as reason, sum(c.count) as count from counted as c
                  where c.status = 'failed' and c.failure_reason is not null group by 1) as r),
      'commands', (
        select coalesce(jsonb_agg(distinct c.command), '[]') from counted as c))
    || (select to_jsonb(q) from public.queue_reading() as q)
$$;

-- How many lines the log has since a moment, by level.
create function public.log_counts(p_since timestamptz default now() - interval '1 day')
returns jsonb
language sql stable security invoker set search_path = '' as $$
  select jsonb_build_object('since', p_since, 'total', coalesce(sum(c.count), 0),
           'levels', coalesce(jsonb_object_agg(c.level, c.count), '{}'))
    from (
      select lower(coalesce(l.level, 'info')) as level, count(*) as count
        from public.bot_logs as l where l.created_at >= p_since group by 1) as c
$$;

-- The names of these two would be told to everybody who has signed in when a row is deleted. The page
-- asks for them once a minute.
do $$
declare
  name text;
begin
  foreach name in array array['schedules', 'heartbeats'] loop
    if exists (select from pg_catalog.pg_publication_rel as r
               join pg_catalog.pg_publication as p on p.oid = r.prpubid
               where p.pubname = 'supabase_realtime'
                 and r.prrelid = format('public.%I', name)::regclass) then
      execute format('alter publication supabase_realtime drop table public.%I', name);
    end if;
  end loop;
end $$;

do $$
declare
  signature regprocedure;
begin
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('whole_ms', 'dashboard_days', 'dashboard_figures',
                          'dashboard_answers', 'dashboard_overview', 'system_series', 'queue_counts', 'log_counts',
                          'zone_of')
  loop
    execute format('revoke execute on function %s from public, anon', signature);
    execute format('grant execute on function %s to authenticated, service_role', signature);
  end loop;
end $$;
