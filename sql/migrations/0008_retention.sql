-- What is kept for how long: readings are rolled up before they go, counts stay when their rows go.

-- The readings of whole hours and days (UTC), by measure.
create table public.system_stats_rollups (
  grain text not null check (grain in ('hour', 'day')),
  starts_at timestamptz not null,
  source text not null,              -- '' where system_stats has null
  measure text not null,             -- a column of system_stats
  samples bigint not null,
  minimum numeric not null,
  mean numeric not null,
  maximum numeric not null,
  primary key (grain, starts_at, source, measure)
);

-- How long rows are kept; null: for ever. An owner may change the days.
create table public.retention (
  rows_of text primary key,
  keep_days integer check (keep_days > 0)
);
insert into public.retention (rows_of, keep_days) values
  ('bot_logs', 30),
  ('interaction_log', 90),
  ('command_queue', 14),             -- rows that have ended
  ('system_stats', 7),               -- readings that stand in the hours' roll-up
  ('system_stats_hours', 90),
  ('system_stats_days', 730),
  ('alerts', 180);                   -- those that are over

-- How many there were among the rows that are no longer kept.
create table public.interaction_totals (
  command text not null,
  outcome text not null,
  count bigint not null,
  primary key (command, outcome)
);

insert into public.command_kinds (command, handled_by, expires_after_seconds)
  values ('roll_up_stats', 'functions', 86400), ('delete_old_rows', 'functions', 172800);

-- How many commands there ever were, by command and outcome.
create function public.interaction_counts()
returns table (command text, outcome text, count bigint)
language sql stable security invoker set search_path = '' as $$
  select each.command, each.outcome, sum(each.count)::bigint
    from (select t.command, t.outcome, t.count from public.interaction_totals as t
          union all
          select l.command, l.outcome, count(*) from public.interaction_log as l
            where l.kind <> 'autocomplete' group by 1, 2) as each
    group by 1, 2 order by 1, 2
$$;

-- Rolls up the hours from p_begins until p_ends, both whole hours, and from their hours the days
-- that they touch and that are over. A line is never replaced by one of fewer readings, some of
-- which may have gone. Returns how many lines were written.
create function public.roll_up_between(p_begins timestamptz, p_ends timestamptz) returns integer
language plpgsql security invoker set search_path = '' as $$
declare
  hours integer;
  days integer;
begin
  insert into public.system_stats_rollups as known
      (grain, starts_at, source, measure, samples, minimum, mean, maximum)
    select 'hour', date_bin('1 hour', s.created_at::timestamptz, timestamptz '2000-01-01 00:00+00'),
           coalesce(s.source, ''), m.measure, count(m.value), min(m.value), avg(m.value),
           max(m.value)
      from public.system_stats as s,
           -- Somebody's table may have other kinds of numbers.
           lateral (values ('cpu_usage', s.cpu_usage::numeric), ('ram_rss', s.ram_rss::numeric),
             ('ram_heap', s.ram_heap::numeric), ('ping_gateway', s.ping_gateway::numeric),
             ('ping_lavalink', s.ping_lavalink::numeric)) as m (measure, value)
      where s.created_at >= p_begins and s.created_at < p_ends and m.value is not null
      group by 1, 2, 3, 4
    on conflict (grain, starts_at, source, measure) do update
      set samples = excluded.samples, minimum = excluded.minimum, mean = excluded.mean,
          maximum = excluded.maximum
      where excluded.samples >= known.samples;
  get diagnostics hours = row_count;
  insert into public.system_stats_rollups as known
      (grain, starts_at, source, measure, samples, minimum, mean, maximum)
    select 'day', date_bin('1 day', h.starts_at, timestamptz '2000-01-01 00:00+00'),
           h.source, h.measure, sum(h.samples), min(h.minimum),
           sum(h.mean * h.samples) / sum(h.samples), max(h.maximum)
      from public.system_stats_rollups as h
      where h.grain = 'hour'
        and h.starts_at >= date_bin('1 day', p_begins, timestamptz '2000-01-01 00:00+00')
        and h.starts_at < least(
          date_bin('1 day', p_ends + interval '23 hours', timestamptz '2000-01-01 00:00+00'),
          date_bin('1 day', now(), timestamptz '2000-01-01 00:00+00'))
      group by 1, 2, 3, 4
    on conflict (grain, starts_at, source, measure) do update
      set samples = excluded.samples, minimum = excluded.minimum, mean = excluded.mean,
          maximum = excluded.maximum
      where excluded.samples >= known.samples;
  get diagnostics days = row_count;
  return hours + days;
end $$;

-- Rolls up what is new. The last two hours that were done are done again, for what came late; what
-- comes later still is rolled up before it goes. At most 14 days at once; returns how many lines
-- were written.
create function public.roll_up_stats() returns integer
language plpgsql security invoker set search_path = '' as $$
declare
  newest timestamptz := (select max(r.starts_at) from public.system_stats_rollups as r
                         where r.grain = 'hour');
  begins timestamptz;
  news timestamptz;
  ends timestamptz := date_trunc('hour', now() at time zone 'UTC') at time zone 'UTC';
begin
  select date_bin('1 hour', min(s.created_at)::timestamptz, timestamptz '2000-01-01 00:00+00')
    into begins
    from public.system_stats as s
    where s.created_at >= coalesce(newest - interval '1 hour', '0002-01-01 00:00+00');
  -- The days are counted from the first reading that is new: a long silence is stepped over.
  select date_bin('1 hour', min(s.created_at)::timestamptz, timestamptz '2000-01-01 00:00+00')
    into news
    from public.system_stats as s
    where s.created_at >= coalesce(newest + interval '1 hour', '0002-01-01 00:00+00');
  return public.roll_up_between(begins, least(ends, coalesce(news, begins) + interval '14 days'));
end $$;

create function public.kept_since(p_rows_of text) returns timestamptz
language sql stable security invoker set search_path = '' as $$
  select now() - make_interval(days => r.keep_days)
    from public.retention as r where r.rows_of = p_rows_of and r.keep_days is not null
$$;

-- Deletes what need not be kept any longer, at most p_limit rows of each table, so that no
-- transaction is long. Returns how many rows went, by table; call it again until none go.
create function public.delete_old_rows(p_limit integer default 1000) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  counts jsonb := '{}';
  gone integer;
  begins timestamptz;
  ends timestamptz;
begin
  delete from public.bot_logs where id in (
    select l.id from public.bot_logs as l where l.created_at < public.kept_since('bot_logs')
      order by l.created_at limit p_limit);
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('bot_logs', gone);

  with old as (
    delete from public.interaction_log where id in (
      select l.id from public.interaction_log as l
        where l.created_at < public.kept_since('interaction_log')
        order by l.created_at limit p_limit)
      returning command, outcome, kind
  ), added as (
    insert into public.interaction_totals as t (command, outcome, count)
      select old.command, old.outcome, count(*) from old where old.kind <> 'autocomplete'
        group by 1, 2
      on conflict (command, outcome) do update set count = t.count + excluded.count
  )
  select count(*) into gone from old;
  counts := counts || jsonb_build_object('interaction_log', gone);

  delete from public.command_queue where id in (
    select q.id from public.command_queue as q
      where q.created_at < public.kept_since('command_queue')
        and coalesce(q.finished_at, q.created_at) < public.kept_since('command_queue')
        and q.status in ('completed', 'failed')
      order by q.created_at limit p_limit);
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('command_queue', gone);

  -- The last two hours that were rolled up are rolled up again; those before them are now, for what
  -- came later than that, and only then their readings go.
  select date_bin('1 hour', min(o.created_at)::timestamptz, timestamptz '2000-01-01 00:00+00'),
         max(o.created_at)
    into begins, ends
    from (
      select s.created_at from public.system_stats as s
        where s.created_at < public.kept_since('system_stats')
          and s.created_at < (select max(r.starts_at) - interval '1 hour'
                                from public.system_stats_rollups as r where r.grain = 'hour')
        order by s.created_at limit p_limit) as o;
  perform public.roll_up_between(begins,
    date_bin('1 hour', ends, timestamptz '2000-01-01 00:00+00') + interval '1 hour');
  delete from public.system_stats where id in (
    select s.id from public.system_stats as s
      where s.created_at >= begins and s.created_at <= ends
      order by s.created_at limit p_limit);
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('system_stats', gone);

  delete from public.system_stats_rollups as r
    where r.ctid in (
      select o.ctid from public.system_stats_rollups as o
        where (o.grain = 'hour' and o.starts_at < public.kept_since('system_stats_hours'))
           or (o.grain = 'day' and o.starts_at < public.kept_since('system_stats_days'))
        limit p_limit);
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('system_stats_rollups', gone);

  delete from public.alerts where id in (
    select a.id from public.alerts as a where a.closed_at < public.kept_since('alerts')
      limit p_limit);
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('alerts', gone);

  -- A pace that is long over, and settings that were changed for a while.
  delete from public.cooldowns where (user_id, command) in (
    select c.user_id, c.command from public.cooldowns as c
      where c.until < now() - interval '1 day' limit p_limit);
  get diagnostics gone = row_count;
  delete from public.overrides where until < now() - interval '1 day';
  return counts || jsonb_build_object('cooldowns', gone);
end $$;

-- As in 0004; and the ledger forgets who it was. The counts of its rows stay true.
create or replace function public.delete_user_data(p_user_id text) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  counts jsonb := '{}';
  gone integer;
begin
  delete from public.gemini_usage where user_id = p_user_id;
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('gemini_usage', gone);
  delete from public.command_queue as q
    where not (q.status = 'processing' and q.locked_until > now())
      and (q.payload ->> 'user_id' = p_user_id
           or exists (
             select from public.command_secrets as s
               where s.command_id = q.id
                 and p_user_id in (s.interaction #>> '{member,user,id}',
                                   s.interaction #>> '{user,id}')));
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('command_queue', gone);
  delete from public.music_history where requested_by = p_user_id;
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('music_history', gone);
  update public.interaction_log set user_id = null where user_id = p_user_id;
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('interaction_log', gone);
  -- One that still runs goes by itself: deleting it would be a way around it.
  delete from public.cooldowns where user_id = p_user_id and until <= now();
  get diagnostics gone = row_count;
  return counts || jsonb_build_object('cooldowns', gone);
end $$;

do $$
declare
  name text;
  signature regprocedure;
begin
  foreach name in array array['interaction_totals', 'system_stats_rollups', 'retention'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('revoke all on table public.%I from anon, authenticated', name);
    execute format('grant select, insert, update, delete on table public.%I to service_role', name);
    execute format('grant select on table public.%I to authenticated', name);
    execute format('create policy halley_admins_read on public.%I for select to authenticated '
                   'using ((select public.is_admin()))', name);
  end loop;
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('roll_up_stats', 'roll_up_between', 'delete_old_rows',
                          'delete_user_data', 'kept_since', 'interaction_counts')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
  grant execute on function public.interaction_counts() to authenticated;
end $$;
