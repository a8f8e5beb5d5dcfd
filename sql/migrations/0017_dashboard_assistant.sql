-- What the dashboard shows of the assistant: what it used and cost, how soon it answered, whose
-- limits are near, and what came to nothing.

-- Whether a command of the ledger asks the assistant, as its own name or as a button below an
-- answer does.
create function public.asks_assistant(p_command text) returns boolean
language sql immutable security invoker parallel safe as $$
  select split_part(p_command, ':', 1) in ('ask', 'Ask about this', 'Translate', 'Summarise')
    and p_command <> 'ask:delete'
$$;

-- Why a question that was refused got no answer, by the sentence that its asker was told: blocked
-- (the model declined, or its answer was withheld), limit, or refused for anything else.
create function public.refusal_kind(p_error text) returns text
language sql immutable security invoker parallel safe as $$
  select case
    when p_error like 'The model declined %' or p_error like 'I don''t tell how I was set up%'
      then 'blocked'
    when p_error like 'You''ve had all your answers %' or p_error like '% tokens for today %'
        or p_error like 'The budget for this month %'
      then 'limit'
    else 'refused'
  end
$$;

-- What was used in the last days, by day and model, and by model, guild and user, the most tokens
-- first; and how the calls ended. `total` is of all of them, `before` of as many days before.
create function public.assistant_usage(p_zone text, p_days integer default 30) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with span as materialized (
    select * from public.dashboard_days(p_zone, p_days)
  ), used as materialized (
    select width_bucket(u.created_at::timestamptz, span.starts) as place,
           coalesce(u.model, '') as model, u.guild_id, u.user_id,
           coalesce(u.purpose, 'answer') as purpose, coalesce(u.outcome, 'complete') as outcome,
           count(*) as calls, sum(u.prompt_tokens) as prompt_tokens,
           sum(u.completion_tokens) as completion_tokens, sum(u.total_tokens) as total_tokens,
           sum(u.cost_usd) as cost_usd,
           count(*) filter (where u.cost_usd is null and u.total_tokens > 0) as unpriced_calls
      from span, public.gemini_usage as u
      where u.created_at >= span.starts[1]
      group by 1, 2, 3, 4, 5, 6
  )
  select jsonb_build_object(
    'zone', span.zone,
    'dates', to_jsonb(span.dates),
    'days', (
      select coalesce(jsonb_agg(jsonb_build_object('day', span.dates[d.place], 'model', d.model,
          'calls', d.calls, 'prompt_tokens', d.prompt_tokens,
          'completion_tokens', d.completion_tokens, 'total_tokens', d.total_tokens,
          'cost_usd', d.cost_usd, 'unpriced_calls', d.unpriced_calls)
          order by d.place, d.model), '[]')
        from (
          select u.place, u.model, sum(u.calls) as calls,
                 coalesce(sum(u.prompt_tokens), 0) as prompt_tokens,
                 coalesce(sum(u.completion_tokens), 0) as completion_tokens,
                 coalesce(sum(u.total_tokens), 0) as total_tokens,
                 coalesce(sum(u.cost_usd), 0) as cost_usd,
                 sum(u.unpriced_calls) as unpriced_calls
            from used as u group by 1, 2) as d),
    'models', (
      select coalesce(jsonb_agg(to_jsonb(m) order by m.total_tokens desc, m.model), '[]')
        from (
          select u.model, sum(u.calls) as calls,
                 coalesce(sum(u.prompt_tokens), 0) as prompt_tokens,
                 coalesce(sum(u.completion_tokens), 0) as completion_tokens,
                 coalesce(sum(u.total_tokens), 0) as total_tokens,
                 coalesce(sum(u.cost_usd), 0) as cost_usd,
                 sum(u.unpriced_calls) as unpriced_calls
            from used as u group by 1) as m),
    'guilds', (
      select coalesce(jsonb_agg(to_jsonb(g) order by g.total_tokens desc, g.guild_id), '[]')
        from (
          select u.guild_id, sum(u.calls) as calls, count(distinct u.user_id) as users,
                 coalesce(sum(u.total_tokens), 0) as total_tokens,
                 coalesce(sum(u.cost_usd), 0) as cost_usd,
                 sum(u.unpriced_calls) as unpriced_calls
            from used as u group by 1 order by 4 desc, 1 limit 20) as g),
    'users', (
      select coalesce(jsonb_agg(to_jsonb(o) order by o.total_tokens desc, o.user_id), '[]')
        from (
          select u.user_id, sum(u.calls) as calls,
                 coalesce(sum(u.total_tokens), 0) as total_tokens,
                 coalesce(sum(u.cost_usd), 0) as cost_usd,
                 sum(u.unpriced_calls) as unpriced_calls
            from used as u group by 1 order by 3 desc, 1 limit 20) as o),
    'purposes', (
      select coalesce(jsonb_object_agg(p.purpose, p.calls), '{}')
        from (select u.purpose, sum(u.calls) as calls from used as u group by 1) as p),
    'outcomes', (
      select coalesce(jsonb_object_agg(e.outcome, e.calls), '{}')
        from (select u.outcome, sum(u.calls) as calls from used as u group by 1) as e),
    'total', (
      select jsonb_build_object(
          'answers', coalesce(sum(u.calls) filter (where u.purpose <> 'summary'
                                                     and u.outcome <> 'failed'), 0),
          'calls', coalesce(sum(u.calls), 0),
          'prompt_tokens', coalesce(sum(u.prompt_tokens), 0),
          'completion_tokens', coalesce(sum(u.completion_tokens), 0),
          'total_tokens', coalesce(sum(u.total_tokens), 0),
          'cost_usd', coalesce(sum(u.cost_usd), 0),
          'unpriced_calls', coalesce(sum(u.unpriced_calls), 0))
        from used as u),
    'before', public.dashboard_answers(span.before_since, span.starts[1]))
    from span
$$;

-- How soon the assistant answered, by day and over all: until Discord was, and until the answer was
-- whole. Percentiles are of single answers.
create function public.assistant_latency(p_zone text, p_days integer default 30) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with span as materialized (
    select * from public.dashboard_days(p_zone, p_days)
  ), answered as materialized (
    select width_bucket(l.created_at, span.starts) as place,
           l.acknowledged_ms::float8 as acknowledged_ms, l.finished_ms::float8 as finished_ms
      from span, public.interaction_log as l
      where l.created_at >= span.starts[1] and l.kind <> 'autocomplete'
        and l.outcome = 'answered' and public.asks_assistant(l.command)
  ), figures as materialized (
    select a.place, count(*) as answered,
           percentile_cont(array[0.5, 0.95, 0.99])
             within group (order by a.acknowledged_ms) as acknowledged,
           percentile_cont(array[0.5, 0.95, 0.99])
             within group (order by a.finished_ms) as finished
      from answered as a group by grouping sets ((a.place), ())
  ), told as (
    select f.place, jsonb_build_object('answered', f.answered,
             'acknowledged_p50_ms', round(f.acknowledged[1]::numeric, 1),
             'acknowledged_p95_ms', round(f.acknowledged[2]::numeric, 1),
             'acknowledged_p99_ms', round(f.acknowledged[3]::numeric, 1),
             'p50_ms', round(f.finished[1]::numeric, 1),
             'p95_ms', round(f.finished[2]::numeric, 1),
             'p99_ms', round(f.finished[3]::numeric, 1)) as said
      from figures as f
  ), nothing as (
    select '{"answered": 0, "acknowledged_p50_ms": null, "acknowledged_p95_ms": null,
             "acknowledged_p99_ms": null, "p50_ms": null, "p95_ms": null, "p99_ms": null}'::jsonb
             as said
  )
  select jsonb_build_object(
      'zone', span.zone,
      'days', (
        select jsonb_agg(jsonb_build_object('day', d.day) || coalesce(t.said, nothing.said)
                         order by d.place)
          from unnest(span.dates) with ordinality as d (day, place)
          left join told as t on t.place = d.place),
      'total', (select t.said from told as t where t.place is null))
    from span, nothing
$$;

-- Whose limits are used to that share or more, the nearest its end first: users' answers and tokens
-- of today, held against the strictest place where they asked, and the budgets of this month.
create function public.assistant_limits(p_zone text, p_share numeric default 0.8) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with span as materialized (
    select d.zone, d.dates[1] as today, d.starts[1] as since,
           date_trunc('month', d.dates[1])::date as this_month
      from public.dashboard_days(p_zone, 1) as d
  ), place as materialized (
    select u.user_id, u.guild_id from span, public.gemini_usage as u
      where u.created_at >= span.since group by 1, 2
  ), of_user as (
    select distinct on (d.user_id, each.what)
           'user' as scope, d.user_id, p.guild_id, each.what, each.used, each."limit",
           (span.today + 1)::timestamp at time zone span.zone as opens_at
      from span
      join public.used_days as d on d.day = span.today
      left join place as p on p.user_id = d.user_id,
           lateral public.limits_of(
             case when p.user_id is null then 'guilds' else public.scope_of(p.guild_id) end) as l,
           lateral (values ('answers', d.answers::numeric, l.answers_a_day::numeric),
                           ('tokens', d.tokens::numeric, l.tokens_a_day::numeric))
             as each (what, used, "limit")
      where each."limit" > 0
      order by d.user_id, each.what, each."limit", p.guild_id
  ), of_place as (
    select case m.scope when 'direct' then 'direct' else 'guild' end as scope,
           null::text as user_id, nullif(m.scope, 'direct') as guild_id, 'budget' as what,
           m.cost_usd as used, l.budget_usd_a_month as "limit",
           (span.this_month + interval '1 month') at time zone span.zone as opens_at
      from span
      join public.used_months as m on m.month = span.this_month,
           lateral public.limits_of(m.scope) as l
      where l.budget_usd_a_month > 0
  )
  select coalesce(jsonb_agg(to_jsonb(n) order by n.share desc, n.scope, n.user_id, n.guild_id,
                            n.what), '[]')
    from (
      select o.scope, o.user_id, o.guild_id, o.what, o.used, o."limit",
             round(o.used / o."limit", 4) as share, o.opens_at
        from (select * from of_user union all select * from of_place) as o
        where o.used >= coalesce(p_share, 0.8) * o."limit") as n
$$;

-- Questions of the last days that got no answer, and calls to models that did not end well, the
-- newest p_limit of each; and how many questions there were of each kind.
create function public.assistant_problems(p_days integer default 7, p_limit integer default 50)
returns jsonb
language sql stable security invoker set search_path = '' as $$
  with bounds as materialized (
    select now() - make_interval(days => least(greatest(coalesce(p_days, 7), 1), 400)) as since,
           least(greatest(coalesce(p_limit, 50), 1), 200) as most
  ), unanswered as materialized (
    select l.created_at as at,
           case when l.outcome = 'failed' then 'failed' else public.refusal_kind(l.error) end
             as kind,
           l.command, l.error, l.guild_id, l.user_id, l.finished_ms, l.id
      from bounds as b, public.interaction_log as l
      where l.created_at >= b.since and l.outcome in ('failed', 'refused')
        and l.kind <> 'autocomplete' and public.asks_assistant(l.command)
  ), newest as (
    select * from unanswered as u order by u.at desc, u.id desc limit (select most from bounds)
  ), call as (
    select c.created_at::timestamptz as at, c.model, coalesce(c.purpose, 'answer') as purpose,
           c.outcome, c.guild_id, c.user_id, c.total_tokens
      from bounds as b, public.gemini_usage as c
      where c.created_at >= b.since and c.outcome in ('failed', 'broken_off')
      order by c.created_at desc limit (select most from bounds)
  )
  select jsonb_build_object(
    'counts', (
      select jsonb_object_agg(k.kind, (select count(*) from unanswered as u where u.kind = k.kind))
        from unnest(array['blocked', 'limit', 'refused', 'failed']) as k (kind)),
    'answers', (
      select coalesce(jsonb_agg(to_jsonb(n) - 'id' order by n.at desc, n.id desc), '[]')
        from newest as n),
    'calls', (select coalesce(jsonb_agg(to_jsonb(c) order by c.at desc), '[]') from call as c))
$$;

do $$
declare
  signature regprocedure;
begin
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('asks_assistant', 'refusal_kind', 'assistant_usage',
                          'assistant_latency', 'assistant_limits', 'assistant_problems',
                          'scope_of', 'limits_of')
  loop
    execute format('revoke execute on function %s from public, anon', signature);
    execute format('grant execute on function %s to authenticated, service_role', signature);
  end loop;
end $$;
