-- How conversations, and what else the assistant keeps, go: when their users wish it, and by
-- themselves after so many days.

insert into public.retention (rows_of, keep_days) values ('conversations', 90);

-- Deletes the user's own conversations in a channel and their turns in the shared one; p_everybody:
-- all of the channel but the private ones of others. Returns how many exchanges went.
create function public.forget_conversation(
  p_channel_id text, p_user_id text, p_everybody boolean
) returns integer
language plpgsql security invoker set search_path = '' as $$
declare
  whole_ones uuid[];
  gone integer;
  others integer := 0;
  conversation uuid;
begin
  perform from public.conversations as c
    where c.channel_id = p_channel_id
      and (c.kind = 'shared' or c.user_id = p_user_id or (p_everybody and c.kind <> 'private'))
    order by c.id for update;
  whole_ones := array(
    select c.id from public.conversations as c
      where c.channel_id = p_channel_id
        and (c.user_id = p_user_id or (p_everybody and c.kind <> 'private')));
  select count(*) into gone from public.messages as m
    where m.conversation_id = any (whole_ones) and m.role = 'model';
  delete from public.conversations as c where c.id = any (whole_ones);
  for conversation in
    select c.id from public.conversations as c
      where c.channel_id = p_channel_id and c.kind = 'shared'
  loop
    others := others + public.delete_turns_of(conversation, p_user_id);
  end loop;
  return gone + others;
end $$;

-- Deletes what a user asked in a conversation that is locked, with its answers, and the summary
-- where it tells of them; p_quoted: also what others asked about words of theirs. Returns how many
-- exchanges went.
create function public.delete_turns_of(
  p_conversation_id uuid, p_user_id text, p_quoted boolean default false
) returns integer
language plpgsql security invoker set search_path = '' as $$
declare
  exchanges uuid[] := array(
    select u.exchange_id from public.messages as u
      where u.conversation_id = p_conversation_id and u.role = 'user'
        and (u.author_id = p_user_id or (p_quoted and u.quoted_author_id = p_user_id)));
  gone integer;
begin
  if exchanges <> '{}' or exists (select from public.conversations as c
                                  where c.id = p_conversation_id
                                    and p_user_id = any (c.summary_authors)) then
    perform public.blank_summary(p_conversation_id);
  end if;
  with deleted as (
    delete from public.messages as m where m.exchange_id = any (exchanges) returning m.role
  )
  select count(*) into gone from deleted where deleted.role = 'model';
  return gone;
end $$;

-- Deletes what this user asked, with its answer; returns it.
create function public.delete_exchange(p_exchange_id uuid, p_user_id text) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  found_one record;
begin
  perform from public.conversations as c
    where c.id = (select u.conversation_id from public.messages as u
                  where u.exchange_id = p_exchange_id and u.role = 'user')
    for update;
  select * into found_one from public.whole_exchange(p_exchange_id) as e
    where e.author_id = p_user_id;
  if not found then
    return null;
  end if;
  delete from public.messages as m where m.exchange_id = p_exchange_id;
  perform public.withdraw_from_summary(found_one.conversation_id, found_one.place);
  return found_one.exchange;
end $$;

-- Has one deletion of many rows wait for another: what they delete are the same rows, and each has
-- an order of its own.
create function public.lock_deletions() returns void
language sql security invoker set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('halley deletions', 0))
$$;

-- The assistant's part of delete_old_rows, at most p_limit rows or exchanges of each table.
create function public.delete_old_chats(p_limit integer) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  counts jsonb := '{}';
  gone integer;
  expired public.reservations[];
  unanswered uuid[];
  old uuid[];
  chats uuid[];
  exchange uuid;
begin
  expired := array(
    select r from public.reservations as r
      where r.expires_at < now() - interval '2 days'
      order by r.expires_at limit p_limit for update skip locked);
  -- What a run that died had used is counted before its reservation goes.
  perform public.note_lost_runs(array(
    select r from unnest(expired) as r where r.settled_at is null));
  delete from public.reservations as r using unnest(expired) as e
    where r.command_id = e.command_id and r.run_id = e.run_id;
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('reservations', gone);

  -- All conversations that lose something are locked before the first of them does, in the order
  -- that everybody else locks several in.
  unanswered := array(
    select e.exchange_id from unnest(expired) as e
      where not e.answered and e.exchange_id is not null);
  old := array(
    select u.exchange_id from public.messages as u
      where u.role = 'user' and u.created_at < public.kept_since('conversations')
      order by u.created_at limit p_limit);
  chats := array(
    select c.id from public.conversations as c
      where c.id in (
        select u.conversation_id from public.messages as u
          where u.role = 'user' and u.exchange_id = any (unanswered || old)
        union
        select e.id from public.conversations as e
          where e.updated_at < public.kept_since('conversations')
            and not exists (select from public.messages as m where m.conversation_id = e.id))
      order by c.id for update);

  -- A question whose answer never came goes with what was reserved for it.
  foreach exchange in array unanswered loop
    perform public.drop_question(exchange);
  end loop;

  -- A question and its answer go together. What a summary tells of them stays with it.
  delete from public.messages where exchange_id = any (old);
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('messages', gone);

  delete from public.conversations where id in (
    select c.id from public.conversations as c
      where c.id = any (chats) and c.updated_at < public.kept_since('conversations')
        and not exists (select from public.messages as m where m.conversation_id = c.id)
      order by c.updated_at limit p_limit);
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('conversations', gone);

  delete from public.used_days where (user_id, day) in (
    select d.user_id, d.day from public.used_days as d
      where d.day < (now() - interval '40 days')::date limit p_limit);
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('used_days', gone);

  delete from public.sources where (key, user_id) in (
    select s.key, s.user_id from public.sources as s where s.expires_at <= now() limit p_limit);
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('sources', gone);

  -- Few of each.
  delete from public.used_months where month < (now() - interval '400 days')::date;
  delete from public.model_cooldowns where until < now() - interval '1 day';
  return counts;
end $$;

-- What runs of this user that died had used is counted. Their reservations are locked before any
-- counter, as each run does it with its own.
create function public.note_lost_runs_of(p_user_id text) returns void
language plpgsql security invoker set search_path = '' as $$
begin
  perform from public.reservations as r
    where r.user_id = p_user_id order by r.command_id, r.run_id for update;
  perform public.note_lost_runs(array(
    select r from public.reservations as r
      where r.user_id = p_user_id and r.settled_at is null and r.expires_at <= now()
      order by r.expires_at));
end $$;

-- The assistant's part of delete_user_data.
create function public.delete_user_chats(p_user_id text) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  counts jsonb := '{}';
  gone integer;
  conversation uuid;
  rows_gone integer := 0;
begin
  -- What is under way goes by itself: deleting it would be a way around the limits. What is over
  -- stays without its user, so that no command is answered or counted once more.
  update public.reservations set user_id = null
    where user_id = p_user_id and settled_at is not null;
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('reservations', gone);
  -- And so does what was used on a day that is not over everywhere.
  delete from public.used_days
    where user_id = p_user_id and day < (now() at time zone 'UTC')::date - 1;
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('used_days', gone);
  delete from public.user_settings where user_id = p_user_id;
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('user_settings', gone);
  delete from public.sources where user_id = p_user_id;
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('sources', gone);
  update public.guild_settings set updated_by = null where updated_by = p_user_id;
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('guild_settings', gone);

  for conversation in
    select c.id from public.conversations as c
      where c.id in (
        select o.id from public.conversations as o where o.user_id = p_user_id
        union
        select s.id from public.conversations as s
          where s.summary_authors @> array[p_user_id]
        union
        select m.conversation_id from public.messages as m
          where m.role = 'user' and m.author_id = p_user_id
        union
        select m.conversation_id from public.messages as m
          where m.role = 'user' and m.quoted_author_id = p_user_id)
      order by c.id for update
  loop
    rows_gone := rows_gone + 2 * public.delete_turns_of(conversation, p_user_id, true);
  end loop;
  delete from public.conversations where user_id = p_user_id;
  get diagnostics gone = row_count;
  return counts || jsonb_build_object('messages', rows_gone, 'conversations', gone);
end $$;

-- Each of them stays what it was and does the assistant's part as well. What is noted of a user's
-- runs that died is theirs, too, and goes with their records.
alter function public.delete_old_rows(integer) rename to delete_old_records;
alter function public.delete_user_data(text) rename to delete_user_records;

create function public.delete_old_rows(p_limit integer default 1000) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  records jsonb;
begin
  perform public.lock_deletions();
  records := public.delete_old_records(p_limit);
  return records || public.delete_old_chats(p_limit);
end $$;

create function public.delete_user_data(p_user_id text) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  records jsonb;
begin
  perform public.lock_deletions();
  perform public.note_lost_runs_of(p_user_id);
  records := public.delete_user_records(p_user_id);
  return records || public.delete_user_chats(p_user_id);
end $$;

do $$
declare
  signature regprocedure;
begin
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('forget_conversation', 'delete_turns_of', 'delete_exchange',
                          'lock_deletions', 'delete_old_chats', 'note_lost_runs_of',
                          'delete_user_chats', 'delete_old_records', 'delete_user_records',
                          'delete_old_rows', 'delete_user_data')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
