-- What the dashboard shows of commands and of music.

-- Which commands were used in the last weeks, Monday to Sunday, this one included.
create function public.commands_use(p_zone text, p_weeks integer default 12) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with week as materialized (
    select t.zone, t.monday - 7 * ago as week,
           (t.monday - 7 * ago)::timestamp at time zone t.zone as starts_at,
           (t.monday - 7 * ago + 7)::timestamp at time zone t.zone as ends_at
      from (
        select z.zone, date_trunc('week', now() at time zone z.zone)::date as monday
          from (select public.zone_of(p_zone) as zone) as z) as t,
           generate_series(0, least(greatest(coalesce(p_weeks, 12), 1), 60) - 1) as ago
  ), used as (
    select w.week, u.*
      from week as w,
           lateral (
             select l.command, l.kind, count(*) as executed,
                    count(*) filter (where l.outcome = 'failed') as errors,
                    count(*) filter (where l.outcome = 'refused') as refused
               from public.interaction_log as l
               where l.created_at >= w.starts_at and l.created_at < w.ends_at
                 and l.kind <> 'autocomplete'
               group by 1, 2) as u
  )
  select jsonb_build_object(
    'zone', (select w.zone from week as w limit 1),
    'weeks', (select jsonb_agg(w.week order by w.week) from week as w),
    'rows', (
      select coalesce(jsonb_agg(to_jsonb(u)
                                order by u.week, u.executed desc, u.command, u.kind), '[]')
        from used as u))
$$;

-- Each command of the last days: how often, how soon, and what went wrong last.
create function public.commands_table(p_days integer default 30) returns jsonb
language sql stable security invoker set search_path = ''
set work_mem = '16MB' as $$
  with bounds as materialized (
    select now() - make_interval(days => least(greatest(coalesce(p_days, 30), 1), 400)) as since
  ), used as materialized (
    -- Sorted command by command below: all of them at once would be sorted by their names first.
    -- Not joined to its bounds, so that its times come from the index.
    select l.command, l.kind, count(*) as executed,
           count(*) filter (where l.outcome = 'failed') as errors,
           count(*) filter (where l.outcome = 'refused') as refused,
           array_agg(public.whole_ms(l.finished_ms)) as finished,
           array_agg(public.whole_ms(l.acknowledged_ms)) as acknowledged,
           count(*) filter (where l.cold_start) as cold_starts,
           max(l.created_at) filter (where l.outcome = 'failed') as last_error_at
      from public.interaction_log as l
      where l.created_at >= (select b.since from bounds as b) and l.kind <> 'autocomplete'
      group by 1, 2
  ), told as (
    select u.command, u.kind, u.executed, u.errors, u.refused,
           round(u.errors::numeric / u.executed, 4) as error_rate,
           f.percentiles[1] as p50_ms, f.percentiles[2] as p95_ms,
           a.percentile as acknowledged_p95_ms,
           u.cold_starts, e.error as last_error, u.last_error_at
      from used as u,
           lateral (select percentile_disc(array[0.5, 0.95]) within group (order by ms)
                             as percentiles
                      from (select unnest(u.finished)) as each (ms)) as f,
           lateral (select percentile_disc(0.95) within group (order by ms) as percentile
                      from (select unnest(u.acknowledged)) as each (ms)) as a
           left join lateral (
             select l.error from public.interaction_log as l
               where l.created_at = u.last_error_at and l.command = u.command
                 and l.kind = u.kind and l.outcome = 'failed'
               order by l.id desc limit 1) as e on true
  )
  select jsonb_build_object('since', b.since, 'commands', (
      select coalesce(jsonb_agg(to_jsonb(t) order by t.executed desc, t.command, t.kind), '[]')
        from told as t))
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
      from public.interaction_log as l
      where l.created_at >= (select b.since from bounds as b) and l.kind <> 'autocomplete'
        and l.margin_ms is not null
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
  with day as materialized (
    select * from public.dashboard_days(p_zone, p_days)
  ), told as (
    select d.day, f.executed, f.cold_starts,
           round(f.cold_starts::numeric / nullif(f.executed, 0), 4) as share,
           f.cold_p95_ms, f.warm_p95_ms
      from day as d,
           lateral (
             select count(*) as executed, count(*) filter (where l.cold_start) as cold_starts,
                    percentile_disc(0.95)
                      within group (order by public.whole_ms(l.acknowledged_ms))
                      filter (where l.cold_start) as cold_p95_ms,
                    percentile_disc(0.95)
                      within group (order by public.whole_ms(l.acknowledged_ms))
                      filter (where not l.cold_start) as warm_p95_ms
               from public.interaction_log as l
               where l.created_at >= d.starts_at and l.created_at < d.ends_at
                 and l.kind <> 'autocomplete') as f
  )
  select jsonb_build_object('zone', (select d.zone from day as d limit 1),
           'days', (select jsonb_agg(to_jsonb(t) order by t.day) from told as t))
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
    select m.guild_id, coalesce(nullif(m.track_url, ''), m.track_title, '') as track,
           coalesce(m.requester_id, m.requested_by) as requester, count(*) as plays,
           sum(m.duration_ms) as listened_ms, max(m.track_title) as track_title,
           max(nullif(m.track_url, '')) as track_url, max(m.duration_ms) as duration_ms,
           max(m.requested_by) as requested_by, max(m.requester_id) as requester_id,
           max(m.created_at::timestamptz) as last_played_at
      from bounds as b, public.music_history as m
      where m.created_at >= b.since
      group by 1, 2, 3
  ), play as materialized (
    select * from recent as r where p_guild_id is null or r.guild_id = p_guild_id
  )
  select jsonb_build_object(
    'since', b.since,
    'plays', (select coalesce(sum(p.plays), 0) from play as p),
    'listened_ms', (select coalesce(sum(p.listened_ms), 0) from play as p),
    'tracks', (
      select coalesce(jsonb_agg(to_jsonb(t) - 'track'
                                order by t.plays desc, t.last_played_at desc, t.track), '[]')
        from (
          select p.track, max(p.track_title) as track_title, max(p.track_url) as track_url,
                 max(p.duration_ms) as duration_ms, sum(p.plays) as plays,
                 count(distinct p.guild_id) as guilds, max(p.last_played_at) as last_played_at
            from play as p group by 1
            order by 5 desc, 7 desc, 1 limit (select most from bounds)) as t),
    'guilds', (
      select coalesce(jsonb_agg(to_jsonb(g) order by g.plays desc, g.guild_id), '[]')
        from (select r.guild_id, sum(r.plays) as plays from recent as r group by 1) as g),
    'requesters', (
      select coalesce(jsonb_agg(to_jsonb(w) - 'requester'
                                order by w.plays desc, w.requester), '[]')
        from (
          select p.requester, max(p.requested_by) as requested_by,
                 max(p.requester_id) as requester_id, sum(p.plays) as plays
            from play as p where p.requester is not null
            group by 1 order by 4 desc, 1 limit (select most from bounds)) as w))
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
