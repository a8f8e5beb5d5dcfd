-- From a question to its answer: it is reserved for at its worst case before a model is asked, and
-- settled once by each run of its command. A run that dies on the way leaves its reservation behind.

create function public.lock_command(p_command_id uuid) returns void
language sql security invoker set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('halley answer ' || p_command_id, 0))
$$;

-- Whether the one answer that a command counts for is counted.
create function public.is_counted(p_command_id uuid) returns boolean
language sql stable security invoker set search_path = '' as $$
  select exists (select from public.reservations as r
                 where r.command_id = p_command_id and r.counted)
$$;

-- Takes back the one answer that a command counts for where none of its runs answered or cost
-- tokens, and has a run that is under way count for itself. The user's days of the command are
-- locked.
create function public.uncount(p_command_id uuid, p_user_id text) returns void
language plpgsql security invoker set search_path = '' as $$
declare
  uncounted public.reservations;
begin
  if exists (select from public.reservations as r
             where r.command_id = p_command_id and (r.answered or r.used_tokens > 0)) then
    return;
  end if;
  update public.reservations as r set counted = false
    where r.command_id = p_command_id and r.counted
    returning r.* into uncounted;
  update public.used_days as d set answers = greatest(d.answers - uncounted.answers, 0)
    where d.user_id = p_user_id and d.day = uncounted.day;
  update public.reservations as r set answers = uncounted.answers
    where r.command_id = p_command_id and r.settled_at is null and not r.for_place
      and uncounted.answers > 0;
end $$;

-- As many tokens as a row of gemini_usage can tell: a provider may count as it likes.
create function public.told_tokens(p_tokens numeric) returns integer
language sql immutable security invoker set search_path = '' as $$
  select least(greatest(p_tokens, 0), 2147483647)::integer
$$;

-- Settles for runs that did not: each is taken for a call that failed after its prompt was read.
-- All days are locked before any month, and all in one order.
create function public.note_lost_runs(p_runs public.reservations[]) returns void
language plpgsql security invoker set search_path = '' as $$
declare
  run public.reservations;
  note text;
begin
  insert into public.used_days as known (user_id, day, answers, tokens)
    select r.user_id, r.day,
           coalesce(sum(r.answers) filter (where not public.is_counted(r.command_id)), 0),
           sum(public.told_tokens(r.prompt_tokens)::bigint)
      from unnest(p_runs) as r where r.prompt_tokens > 0 and not r.for_place
      group by 1, 2 order by 1, 2
    on conflict (user_id, day) do update
      set answers = known.answers + excluded.answers, tokens = known.tokens + excluded.tokens;
  insert into public.used_months as known (scope, month, cost_usd)
    select r.scope, r.month, sum(r.prompt_cost_usd)
      from unnest(p_runs) as r where r.prompt_tokens > 0 and r.prompt_cost_usd is not null
      group by 1, 2 order by 1, 2
    on conflict (scope, month) do update set cost_usd = known.cost_usd + excluded.cost_usd;
  foreach run in array p_runs loop
    note := null;
    if run.prompt_tokens > 0 then
      insert into public.gemini_usage as u (guild_id, user_id, prompt_tokens, completion_tokens,
          total_tokens, model, cost_usd, purpose, outcome, estimated, command_id, created_at)
        values (nullif(run.scope, 'direct'), case when not run.for_place then run.user_id end,
                public.told_tokens(run.prompt_tokens), 0,
                public.told_tokens(run.prompt_tokens), run.model, run.prompt_cost_usd,
                run.purpose, 'failed', true, run.command_id, least(now(), run.expires_at))
        returning u.id::text into note;
    end if;
    update public.reservations as r
      set settled_at = now(), lost = true, note_id = note,
          used_tokens = public.told_tokens(run.prompt_tokens),
          counted = run.prompt_tokens > 0 and run.answers > 0 and not run.for_place
                    and not public.is_counted(run.command_id)
      where r.command_id = run.command_id and r.run_id = run.run_id;
  end loop;
end $$;

-- Reserves what a run of a command may use at worst and keeps its question, or neither: then it
-- says which limit is in the way, that which is closed the longest, and until when. What adds
-- nothing exceeds nothing. Reserving again replaces what was reserved; once the run is settled, or
-- the command answered, nothing changes. An earlier run that never settled is lost.
create function public.reserve_answer(
  p_command_id uuid, p_guild_id text, p_channel_id text, p_user_id text, p_kind text, p_zone text,
  p_answers integer, p_tokens bigint, p_cost_usd numeric, p_expires_seconds numeric,
  p_question jsonb, p_run_id uuid default null, p_model text default '',
  p_prompt_tokens bigint default 0, p_prompt_cost_usd numeric default null,
  p_for_place boolean default false
) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  run uuid := coalesce(p_run_id, p_command_id);
  place text := public.scope_of(p_guild_id);
  zone text := public.zone_of(p_zone);
  today date := (now() at time zone zone)::date;
  this_month date := date_trunc('month', today)::date;
  exchange uuid := p_question ->> 'exchange_id';
  earlier public.reservations;
  new_answers integer := p_answers;
  new_tokens bigint := p_tokens;
  used record;
  limits record;
  refusal jsonb;
begin
  perform public.lock_command(p_command_id);
  if exists (select from public.reservations as r
             where r.command_id = p_command_id and r.settled_at is not null
               and (r.run_id = run or r.answered)) then
    return jsonb_build_object('limit', null);
  end if;
  select r.* into earlier from public.reservations as r
    where r.command_id = p_command_id and r.settled_at is null for update;
  if earlier.run_id <> run then
    -- It may be of yesterday: both days before any month.
    perform public.lock_days(p_user_id, array[earlier.day, today]);
    perform public.note_lost_runs(array[earlier]);
  end if;
  if p_for_place or public.is_counted(p_command_id) then
    new_answers := 0;
  end if;
  if p_for_place then
    new_tokens := 0;
  end if;
  perform public.lock_counters(p_user_id, today, place, this_month);
  select * into limits from public.limits_of(place);
  select * into used
    from public.used_and_reserved(p_user_id, today, place, this_month, p_command_id);
  if p_cost_usd > 0 and used.cost_usd + p_cost_usd > limits.budget_usd_a_month then
    refusal := jsonb_build_object('limit', 'budget',
      'opens_at', (this_month + interval '1 month') at time zone zone);
  elsif new_answers > 0 and used.answers + new_answers > limits.answers_a_day then
    refusal := jsonb_build_object('limit', 'answers',
      'opens_at', (today + 1)::timestamp at time zone zone);
  elsif new_tokens > 0 and used.tokens + new_tokens > limits.tokens_a_day then
    refusal := jsonb_build_object('limit', 'tokens',
      'opens_at', (today + 1)::timestamp at time zone zone);
  end if;
  if refusal is not null then
    if earlier.run_id <> run then
      perform public.drop_question(earlier.exchange_id);
    end if;
    return refusal;
  end if;
  insert into public.reservations (command_id, run_id, user_id, scope, day, month, for_place,
      answers, tokens, cost_usd, purpose, model, prompt_tokens, prompt_cost_usd, expires_at,
      exchange_id)
    values (p_command_id, run, p_user_id, place, today, this_month, p_for_place, new_answers,
            p_tokens, p_cost_usd, case p_answers when 0 then 'summary' else 'answer' end, p_model,
            p_prompt_tokens, p_prompt_cost_usd,
            now() + make_interval(secs => p_expires_seconds::double precision), exchange)
    on conflict (command_id, run_id) do update
      set user_id = excluded.user_id, scope = excluded.scope, day = excluded.day,
          month = excluded.month, for_place = excluded.for_place, answers = excluded.answers,
          tokens = excluded.tokens, cost_usd = excluded.cost_usd,
          purpose = excluded.purpose, model = excluded.model,
          prompt_tokens = excluded.prompt_tokens, prompt_cost_usd = excluded.prompt_cost_usd,
          expires_at = excluded.expires_at, exchange_id = excluded.exchange_id;
  if earlier.exchange_id is distinct from exchange then
    perform public.drop_question(earlier.exchange_id);
  end if;
  if exchange is not null then
    perform public.keep_question(p_guild_id, p_channel_id, p_user_id, p_kind, p_question);
  end if;
  return jsonb_build_object('limit', null);
end $$;

-- Notes the calls of a run, counts them in the place of what it reserved, and keeps its answer: all
-- of it or nothing, and once. An answer counts if there is one, or if it cost tokens, and once for
-- all runs of a command. What was noted for a run that was thought lost makes way for the truth.
-- What counts for a place alone is noted without a user.
create function public.settle_answer(
  p_command_id uuid, p_guild_id text, p_user_id text, p_zone text, p_calls jsonb, p_answer jsonb,
  p_run_id uuid default null
) returns boolean
language plpgsql security invoker set search_path = '' as $$
declare
  today date := (now() at time zone public.zone_of(p_zone))::date;
  answer jsonb := nullif(p_answer, 'null');
  run uuid := coalesce(p_run_id, p_command_id);
  kept public.reservations;
  was_lost boolean;
  counts boolean;
  used record;
begin
  perform public.lock_command(p_command_id);
  select r.* into kept from public.reservations as r
    where r.command_id = p_command_id and r.run_id = run for update;
  was_lost := coalesce(kept.lost, false);
  if kept.settled_at is not null and not was_lost then
    return false;
  end if;
  if kept.command_id is null then
    -- It could not be reserved for, and was answered all the same.
    kept.scope := public.scope_of(p_guild_id);
    kept.day := today;
    kept.month := date_trunc('month', today)::date;
    kept.for_place := false;
    kept.answers := case when answer is null then 0 else 1 end;
    kept.tokens := 0;
    kept.cost_usd := 0;
    kept.expires_at := now();
    kept.counted := false;
  end if;
  kept.user_id := coalesce(kept.user_id, p_user_id);
  if was_lost then
    -- What is taken back may have been counted on another day.
    perform public.lock_days(kept.user_id, array(
      select r.day from public.reservations as r where r.command_id = p_command_id));
  end if;
  perform public.lock_counters(kept.user_id, kept.day, kept.scope, kept.month);
  with noted as (
    insert into public.gemini_usage (guild_id, user_id, prompt_tokens, completion_tokens,
        total_tokens, model, cost_usd, purpose, outcome, estimated, command_id)
      select p_guild_id, case when not kept.for_place then p_user_id end,
             public.told_tokens(c.prompt_tokens),
             public.told_tokens(c.completion_tokens), public.told_tokens(c.total_tokens), c.model,
             c.cost_usd, c.purpose, c.outcome, c.estimated, p_command_id
        from jsonb_to_recordset(p_calls)
          as c (model text, purpose text, outcome text, prompt_tokens numeric,
                completion_tokens numeric, total_tokens numeric, cost_usd numeric,
                estimated boolean)
      returning total_tokens, cost_usd
  )
  select coalesce(sum(n.total_tokens), 0) as tokens, coalesce(sum(n.cost_usd), 0) as cost_usd
    into used from noted as n;
  counts := (answer is not null or used.tokens > 0) and kept.answers > 0
            and not public.is_counted(p_command_id);
  kept.used_tokens := used.tokens;
  if kept.note_id is not null then
    delete from public.gemini_usage as u
      where (u.user_id = kept.user_id or (u.user_id is null and kept.for_place))
        and u.command_id = p_command_id and u.id::text = kept.note_id;
    used.tokens := used.tokens - public.told_tokens(kept.prompt_tokens);
    used.cost_usd := used.cost_usd - coalesce(kept.prompt_cost_usd, 0);
  end if;
  update public.used_days as d
    set tokens = greatest(d.tokens + used.tokens, 0), answers = d.answers + counts::integer
    where d.user_id = kept.user_id and d.day = kept.day and not kept.for_place;
  update public.used_months as m set cost_usd = greatest(m.cost_usd + used.cost_usd, 0)
    where m.scope = kept.scope and m.month = kept.month;
  insert into public.reservations as r (command_id, run_id, user_id, scope, day, month, for_place,
      answers, tokens, cost_usd, expires_at, settled_at, counted, answered, used_tokens,
      exchange_id)
    values (p_command_id, run, kept.user_id, kept.scope, kept.day, kept.month, kept.for_place,
            kept.answers, kept.tokens, kept.cost_usd, kept.expires_at, now(),
            kept.counted or counts, answer is not null, kept.used_tokens,
            (answer ->> 'exchange_id')::uuid)
    on conflict (command_id, run_id) do update
      set settled_at = excluded.settled_at, counted = excluded.counted,
          answered = excluded.answered, used_tokens = excluded.used_tokens, lost = false,
          note_id = null,
          exchange_id = coalesce(excluded.exchange_id, r.exchange_id);
  if was_lost then
    perform public.uncount(p_command_id, kept.user_id);
  end if;
  if not was_lost and answer is null then
    perform public.drop_question(kept.exchange_id);
  elsif answer is not null and not (was_lost and exists (
      select from public.reservations as r
        where r.command_id = p_command_id and r.run_id <> run and r.answered)) then
    perform public.keep_answer(answer);
  end if;
  return true;
end $$;

-- A row whose user was told why there is no answer ended without one, and nothing is broken.
alter table public.command_queue
  drop constraint command_queue_failure_reason,
  add constraint command_queue_failure_reason check (failure_reason in
    ('expired', 'cancelled', 'dismissed', 'unknown_command', 'error', 'attempts', 'refused'));

-- Ends the cool-down that begin_command began with a row, where nothing was done for its user.
-- False: it is over, another one has begun since, or the lease has gone.
create function public.end_cooldown(
  p_id uuid, p_lease_id uuid, p_user_id text, p_cooldown_key text, p_cooldown_seconds numeric
) returns boolean
language plpgsql security invoker set search_path = '' as $$
begin
  -- Both moments are those of one transaction.
  delete from public.cooldowns as c using public.command_queue as q
    where q.id = p_id and q.lease_id = p_lease_id and q.status = 'processing'
      and c.user_id = p_user_id and c.command = p_cooldown_key
      and c.until = q.started_at + make_interval(secs => p_cooldown_seconds::float8);
  return found;
end $$;

do $$
declare
  signature regprocedure;
begin
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('lock_command', 'is_counted', 'uncount', 'told_tokens', 'note_lost_runs',
                          'reserve_answer', 'settle_answer', 'end_cooldown')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
