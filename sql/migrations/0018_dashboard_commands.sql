-- What the dashboard shows of commands and of music.

-- Which commands were used in the last weeks, Monday to Sunday, this one included.
create function public.commands_use(p_zone text, p_weeks integer default 12) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with span as materialized (
    select t.zone, array_agg(t.monday - 7 * ago order by ago desc) as weeks,
           array_agg((t.monday - 7 * ago)::timestamp at time zone t.zone order by ago desc)
             as starts
      from (
        select z.zone, date_trunc('week', now() at time zone z.zone)::date as monday
          from (select public.zone_of(p_zone) as zone) as z) as t,
           generate_series(0, least(greatest(coalesce(p_weeks, 12), 1), 60) - 1) as ago
      group by t.zone, t.monday
  )
  select jsonb_build_object(
    'zone', span.zone,
    'weeks', to_jsonb(span.weeks),
    'rows', (
      select coalesce(jsonb_agg(jsonb_build_object('week', span.weeks[u.place],
          'command', u.command, 'kind', u.kind, 'executed', u.executed, 'errors', u.errors,
          'refused', u.refused) order by u.place, u.executed desc, u.command, u.kind), '[]')
        from (
          select width_bucket(l.created_at, span.starts) as place, l.command, l.kind,
                 count(*) as executed,
                 count(*) filter (where l.outcome = 'failed') as errors,
                 count(*) filter (where l.outcome = 'refused') as refused
            from public.interaction_log as l
            where l.created_at >= span.starts[1] and l.kind <> 'autocomplete'
            group by 1, 2, 3) as u))
    from span
$$;

-- Each command of the last days: how often, how soon, and what went wrong last.
create function public.commands_table(p_days integer default 30) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with bounds as materialized (
    select now() - make_interval(days => least(greatest(coalesce(p_days, 30), 1), 400)) as since
  ), used as materialized (
    select l.command, l.kind, count(*) as executed,
           count(*) filter (where l.outcome = 'failed') as errors,
           count(*) filter (where l.outcome = 'refused') as refused,
           percentile_cont(array[0.5, 0.95])
             within group (order by l.finished_ms::float8) as finished,
           percentile_cont(0.95)
             within group (order by l.acknowledged_ms::float8) as acknowledged,
           count(*) filter (where l.cold_start) as cold_starts,
           max(l.created_at) filter (where l.outcome = 'failed') as last_error_at
      from bounds as b, public.interaction_log as l
      where l.created_at >= b.since and l.kind <> 'autocomplete'
      group by 1, 2
  )
  select jsonb_build_object(
      'since', b.since,
      'commands', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'command', u.command, 'kind', u.kind, 'executed', u.executed, 'errors', u.errors,
            'refused', u.refused, 'error_rate', round(u.errors::numeric / u.executed, 4),
            'p50_ms', round(u.finished[1]::numeric, 1),
            'p95_ms', round(u.finished[2]::numeric, 1),
            'acknowledged_p95_ms', round(u.acknowledged::numeric, 1),
            'cold_starts', u.cold_starts,
            'last_error', (
              select l.error from public.interaction_log as l
                where l.created_at = u.last_error_at and l.command = u.command
                  and l.kind = u.kind and l.outcome = 'failed'
                order by l.id desc limit 1),
            'last_error_at', u.last_error_at)
            order by u.executed desc, u.command, u.kind), '[]')
          from used as u))
    from bounds as b
$$;

-- What was left of Discord's three seconds when it was answered, in quarters of a second; the first
-- of them are those that were too late.
create function public.commands_margin(p_days integer default 30) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with bounds as materialized (
    select now() - make_interval(days => least(greatest(coalesce(p_days, 30), 1), 400)) as since
  ), margin as materialized (
    select l.margin_ms, l.cold_start, count(*) as count
      from bounds as b, public.interaction_log as l
      where l.created_at >= b.since and l.kind <> 'autocomplete' and l.margin_ms is not null
      group by 1, 2
  ), ranked as materialized (
    select m.margin_ms, m.cold_start, m.count,
           sum(m.count) over (order by m.margin_ms) as until_here, sum(m.count) over () as all_of
      from margin as m
  ), bin as (
    select least(greatest(floor(m.margin_ms / 250.0), -1), 11) as place, sum(m.count) as count,
           coalesce(sum(m.count) filter (where m.cold_start), 0) as cold
      from margin as m group by 1
  )
  select jsonb_build_object(
    'since', b.since,
    'measured', (select coalesce(sum(m.count), 0) from margin as m),
    'late', (select coalesce(sum(m.count), 0) from margin as m where m.margin_ms < 0),
    'close', (select coalesce(sum(m.count), 0) from margin as m
              where m.margin_ms >= 0 and m.margin_ms < 500),
    'median_ms', (select min(r.margin_ms) from ranked as r where r.until_here >= r.all_of * 0.5),
    'p5_ms', (select min(r.margin_ms) from ranked as r where r.until_here >= r.all_of * 0.05),
    'least_ms', (select min(m.margin_ms) from margin as m),
    'bins', (
      select jsonb_agg(jsonb_build_object(
          'from_ms', case when place >= 0 then place * 250 end, 'to_ms', (place + 1) * 250,
          'count', coalesce(c.count, 0), 'cold', coalesce(c.cold, 0)) order by place)
        from generate_series(-1, 11) as place
        left join bin as c using (place)))
    from bounds as b
$$;

-- How many commands of a day had to wait for a new instance, and what that cost them.
create function public.cold_starts(p_zone text, p_days integer default 30) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with span as materialized (
    select * from public.dashboard_days(p_zone, p_days)
  ), figures as materialized (
    select width_bucket(l.created_at, span.starts) as place, l.cold_start, count(*) as executed,
           percentile_cont(0.95) within group (order by l.acknowledged_ms::float8) as p95_ms
      from span, public.interaction_log as l
      where l.created_at >= span.starts[1] and l.kind <> 'autocomplete'
      group by 1, 2
  )
  select jsonb_build_object('zone', span.zone, 'days', (
      select jsonb_agg(jsonb_build_object('day', d.day,
          'executed', coalesce(c.executed, 0) + coalesce(w.executed, 0),
          'cold_starts', coalesce(c.executed, 0),
          'share', round(coalesce(c.executed, 0)::numeric
                         / nullif(coalesce(c.executed, 0) + coalesce(w.executed, 0), 0), 4),
          'cold_p95_ms', round(c.p95_ms::numeric, 1),
          'warm_p95_ms', round(w.p95_ms::numeric, 1)) order by d.place)
        from unnest(span.dates) with ordinality as d (day, place)
        left join figures as c on c.place = d.place and c.cold_start
        left join figures as w on w.place = d.place and not w.cold_start))
    from span
$$;

-- What was played, the newest first, p_limit plays a page: those after (p_before, p_before_id), in a
-- guild, with a word in the title or the name of who wished for it.
create function public.music_plays(
  p_search text default null, p_guild_id text default null, p_before timestamptz default null,
  p_before_id text default null, p_limit integer default 50
) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with wanted as materialized (
    select '%' || replace(replace(replace(nullif(p_search, ''), '\', '\\'), '%', '\%'), '_', '\_')
             || '%' as pattern,
           least(greatest(coalesce(p_limit, 50), 1), 200) as most
  ), play as materialized (
    select m.id::text as id, m.guild_id, m.track_title, m.track_url, m.duration_ms,
           m.requested_by, m.requester_id, m.created_at::timestamptz as created_at,
           row_number() over (order by m.created_at desc, m.id desc) as place
      from wanted as w, public.music_history as m
      where (p_before is null or m.created_at < p_before
             or (m.created_at = p_before and m.id::text <> p_before_id
                 and m.id < (select b.id from public.music_history as b
                             where b.created_at = p_before and b.id::text = p_before_id)))
        and (p_guild_id is null or m.guild_id = p_guild_id)
        and (w.pattern is null or m.track_title ilike w.pattern or m.requested_by ilike w.pattern)
      order by m.created_at desc, m.id desc limit (select most + 1 from wanted)
  )
  select jsonb_build_object(
      'plays', (select coalesce(jsonb_agg(to_jsonb(p) - 'place' order by p.place), '[]')
                  from play as p where p.place <= w.most),
      'more', (select count(*) > w.most from play))
    from wanted as w
$$;

-- What was played most in the last days, where, and by whose wish. A track is known by its address,
-- or by its title if it has none.
create function public.most_played(
  p_days integer default 30, p_limit integer default 20, p_guild_id text default null
) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with bounds as materialized (
    select now() - make_interval(days => least(greatest(coalesce(p_days, 30), 1), 4000)) as since,
           least(greatest(coalesce(p_limit, 20), 1), 200) as most
  ), recent as materialized (
    select m.guild_id, m.track_title, m.track_url, m.duration_ms, m.requested_by, m.requester_id,
           m.created_at::timestamptz as created_at
      from bounds as b, public.music_history as m
      where m.created_at >= b.since
  ), play as materialized (
    select * from recent as r where p_guild_id is null or r.guild_id = p_guild_id
  )
  select jsonb_build_object(
    'since', b.since,
    'plays', (select count(*) from play),
    'listened_ms', (select coalesce(sum(p.duration_ms), 0) from play as p),
    'tracks', (
      select coalesce(jsonb_agg(to_jsonb(t) - 'track'
                                order by t.plays desc, t.last_played_at desc), '[]')
        from (
          select coalesce(nullif(p.track_url, ''), p.track_title, '') as track,
                 max(p.track_title) as track_title, max(nullif(p.track_url, '')) as track_url,
                 max(p.duration_ms) as duration_ms, count(*) as plays,
                 count(distinct p.guild_id) as guilds, max(p.created_at) as last_played_at
            from play as p group by 1
            order by 5 desc, 7 desc limit (select most from bounds)) as t),
    'guilds', (
      select coalesce(jsonb_agg(to_jsonb(g) order by g.plays desc, g.guild_id), '[]')
        from (select r.guild_id, count(*) as plays from recent as r group by 1) as g),
    'requesters', (
      select coalesce(jsonb_agg(to_jsonb(w) order by w.plays desc, w.requested_by), '[]')
        from (
          select max(p.requested_by) as requested_by, max(p.requester_id) as requester_id,
                 count(*) as plays
            from play as p where p.requested_by is not null or p.requester_id is not null
            group by coalesce(p.requester_id, p.requested_by)
            order by 3 desc, 1 limit (select most from bounds)) as w))
    from bounds as b
$$;

do $$
declare
  signature regprocedure;
begin
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('commands_use', 'commands_table', 'commands_margin', 'cold_starts',
                          'music_plays', 'most_played')
  loop
    execute format('revoke execute on function %s from public, anon', signature);
    execute format('grant execute on function %s to authenticated, service_role', signature);
  end loop;
end $$;
