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
        or p_error = 'The assistant is switched off here.'
      then 'limit'
    else 'refused'
  end
$$;

-- What the assistant answered, and what came to nothing: which of the ledger's rows these are need not
-- be found out again each time. The functions are written out as in 0016.
create index interaction_log_answers
  on public.interaction_log (
    created_at desc,
    (case when acknowledged_ms >= 2000000000 then 2000000000 when acknowledged_ms < 0 then 0
          else acknowledged_ms::integer end),
    (case when finished_ms >= 2000000000 then 2000000000 when finished_ms < 0 then 0
          else finished_ms::integer end))
  include (acknowledged_ms, finished_ms)
  where outcome = 'answered' and kind <> 'autocomplete'
    and split_part(command, ':', 1) in ('ask', 'Ask about this', 'Translate', 'Summarise')
    and command <> 'ask:delete';
create index interaction_log_unanswered
  on public.interaction_log (created_at desc)
  where outcome in ('failed', 'refused') and kind <> 'autocomplete';

-- What was used in the last days, by day and model, and by model, guild and user, the most tokens
-- first; and how the calls ended. `total` is of all of them, `before` of as many days before, the
-- last of which is taken as far as today has come: a part of a day is no match for a whole one. For
-- the same reason `before` is null unless something was used before those days. `is_new`: nothing was
-- ever used.
create function public.assistant_usage(p_zone text, p_days integer default 30) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with day as materialized (
    select * from public.dashboard_days(p_zone, p_days)
  ), span as materialized (
    select d.zone, min(d.starts_at) as since, jsonb_agg(d.day order by d.day) as dates,
           (min(d.day) - count(*)::integer)::timestamp at time zone d.zone as before_since,
           (min(d.day) - 1 + (now() at time zone d.zone)::time) at time zone d.zone as before_until
      from day as d group by d.zone
  ), of_day as materialized (
    select d.day, u.*
      from day as d,
           lateral (
             select coalesce(c.model, '') as model, coalesce(c.purpose, 'answer') as purpose,
                    coalesce(c.outcome, 'complete') as outcome, count(*) as calls,
                    coalesce(sum(c.prompt_tokens), 0) as prompt_tokens,
                    coalesce(sum(c.completion_tokens), 0) as completion_tokens,
                    coalesce(sum(c.total_tokens), 0) as total_tokens,
                    coalesce(sum(c.cost_usd), 0) as cost_usd,
                    count(*) filter (where c.cost_usd is null and c.total_tokens > 0)
                      as unpriced_calls
               from public.gemini_usage as c
               where c.created_at >= d.starts_at and c.created_at < d.ends_at
               group by 1, 2, 3) as u
  ), of_user as materialized (
    select c.guild_id, c.user_id, count(*) as calls,
           coalesce(sum(c.total_tokens), 0) as total_tokens,
           coalesce(sum(c.cost_usd), 0) as cost_usd,
           count(*) filter (where c.cost_usd is null and c.total_tokens > 0) as unpriced_calls
      from public.gemini_usage as c
      where c.created_at >= (select since from span)
        and c.created_at < (select max(ends_at) from day)
      group by 1, 2
  )
  select jsonb_build_object(
    'zone', span.zone,
    'dates', span.dates,
    'days', (
      select coalesce(jsonb_agg(to_jsonb(d) order by d.day, d.model), '[]')
        from (
          select u.day, u.model, sum(u.calls) as calls, sum(u.prompt_tokens) as prompt_tokens,
                 sum(u.completion_tokens) as completion_tokens,
                 sum(u.total_tokens) as total_tokens, sum(u.cost_usd) as cost_usd,
                 sum(u.unpriced_calls) as unpriced_calls
            from of_day as u group by 1, 2) as d),
    'models', (
      select coalesce(jsonb_agg(to_jsonb(m) order by m.total_tokens desc, m.model), '[]')
        from (
          select u.model, sum(u.calls) as calls, sum(u.prompt_tokens) as prompt_tokens,
                 sum(u.completion_tokens) as completion_tokens,
                 sum(u.total_tokens) as total_tokens, sum(u.cost_usd) as cost_usd,
                 sum(u.unpriced_calls) as unpriced_calls
            from of_day as u group by 1) as m),
    'guilds', (
      select coalesce(jsonb_agg(to_jsonb(g) order by g.total_tokens desc, g.guild_id), '[]')
        from (
          select u.guild_id, sum(u.calls) as calls, count(u.user_id) as users,
                 sum(u.total_tokens) as total_tokens, sum(u.cost_usd) as cost_usd,
                 sum(u.unpriced_calls) as unpriced_calls
            from of_user as u group by 1 order by 4 desc, 1 limit 20) as g),
    'users', (
      select coalesce(jsonb_agg(to_jsonb(o) order by o.total_tokens desc, o.user_id), '[]')
        from (
          select u.user_id, sum(u.calls) as calls, sum(u.total_tokens) as total_tokens,
                 sum(u.cost_usd) as cost_usd, sum(u.unpriced_calls) as unpriced_calls
            from of_user as u group by 1 order by 3 desc, 1 limit 20) as o),
    'purposes', (
      select coalesce(jsonb_object_agg(p.purpose, p.calls), '{}')
        from (select u.purpose, sum(u.calls) as calls from of_day as u group by 1) as p),
    'outcomes', (
      select coalesce(jsonb_object_agg(e.outcome, e.calls), '{}')
        from (select u.outcome, sum(u.calls) as calls from of_day as u group by 1) as e),
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
        from of_day as u),
    'before', case
      when (select min(c.created_at) from public.gemini_usage as c) < span.before_since
        then public.dashboard_answers(span.before_since, span.before_until) end,
    'is_new', not exists (select from public.gemini_usage))
    from span
$$;

-- How soon the assistant answered, by day and over all: until Discord was, and until the answer was
-- whole, in whole milliseconds. A percentile is the time of one of them.
create function public.assistant_latency(p_zone text, p_days integer default 30) returns jsonb
language sql stable security invoker set search_path = ''
set work_mem = '16MB' as $$
  with day as materialized (
    select * from public.dashboard_days(p_zone, p_days)
  ), stretch as (
    select d.day, d.starts_at, d.ends_at from day as d
    union all
    select null, min(d.starts_at), max(d.ends_at) from day as d
  ), told as materialized (
    select s.day, jsonb_build_object('answered', f.answered,
             'acknowledged_p50_ms', f.acknowledged[1], 'acknowledged_p95_ms', f.acknowledged[2],
             'acknowledged_p99_ms', f.acknowledged[3], 'p50_ms', f.finished[1],
             'p95_ms', f.finished[2], 'p99_ms', f.finished[3]) as said
      from stretch as s,
           lateral (
             select count(*) as answered,
                    percentile_disc(array[0.5, 0.95, 0.99])
                      within group (order by public.whole_ms(l.acknowledged_ms)) as acknowledged,
                    percentile_disc(array[0.5, 0.95, 0.99])
                      within group (order by public.whole_ms(l.finished_ms)) as finished
               from public.interaction_log as l
               where l.created_at >= s.starts_at and l.created_at < s.ends_at
                 and l.outcome = 'answered' and l.kind <> 'autocomplete'
                 and public.asks_assistant(l.command)) as f
  )
  select jsonb_build_object(
    'zone', (select d.zone from day as d limit 1),
    'days', (
      select jsonb_agg(jsonb_build_object('day', t.day) || t.said order by t.day)
        from told as t where t.day is not null),
    'total', (select t.said from told as t where t.day is null))
$$;

-- Whose limits are used to that share or more, the nearest its end first: users' answers and tokens
-- of today, held against the strictest place where they asked, and the budgets of this month.
create function public.assistant_limits(p_zone text, p_share numeric default 0.8) returns jsonb
language sql stable security invoker set search_path = '' as $$
  with span as materialized (
    select d.zone, d.day as today, d.starts_at as since,
           date_trunc('month', d.day)::date as this_month
      from public.dashboard_days(p_zone, 1) as d
  ), asked as materialized (
    select u.user_id, u.guild_id from span, public.gemini_usage as u
      where u.created_at >= span.since group by 1, 2
  ), place as materialized (
    -- Who did not ask today has used what others' guilds let them, as far as is known.
    select p.guild_id, p.is_unknown, l.answers_a_day, l.tokens_a_day
      from (select distinct a.guild_id, false as is_unknown from asked as a
            union all select null, true) as p,
           lateral public.limits_of(
             case when p.is_unknown then 'guilds' else public.scope_of(p.guild_id) end) as l
  ), of_user as (
    select distinct on (d.user_id, each.what)
           'user' as scope, d.user_id, p.guild_id, each.what, each.used, each."limit",
           (span.today + 1)::timestamp at time zone span.zone as opens_at
      from span
      join public.used_days as d on d.day = span.today
      left join asked as a on a.user_id = d.user_id
      join place as p on p.is_unknown = (a.user_id is null)
                     and p.guild_id is not distinct from a.guild_id,
           lateral (values ('answers', d.answers::numeric, p.answers_a_day::numeric),
                           ('tokens', d.tokens::numeric, p.tokens_a_day::numeric))
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
