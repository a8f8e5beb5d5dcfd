-- What is kept of conversations, for how long, and what goes when a user wishes it.

insert into public.retention (rows_of, keep_days) values ('conversations', 90);

-- The assistant's part of delete_old_rows, at most p_limit rows or exchanges of each table.
create function public.delete_old_chats(p_limit integer) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  counts jsonb := '{}';
  gone integer;
  old record;
begin
  -- A question and its answer go together. What a summary tells of them stays with it.
  delete from public.messages where exchange_id in (
    select u.exchange_id from public.messages as u
      where u.role = 'user' and u.created_at < public.kept_since('conversations')
      order by u.created_at limit p_limit);
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('messages', gone);

  delete from public.conversations where id in (
    select c.id from public.conversations as c
      where c.updated_at < public.kept_since('conversations')
        and not exists (select from public.messages as m where m.conversation_id = c.id)
      order by c.updated_at limit p_limit);
  get diagnostics gone = row_count;
  counts := counts || jsonb_build_object('conversations', gone);

  -- A question whose answer never came goes with what was reserved for it.
  gone := 0;
  for old in
    delete from public.reservations where command_id in (
      select r.command_id from public.reservations as r
        where r.expires_at < now() - interval '2 days' order by r.expires_at limit p_limit)
      returning settled_at, exchange_id
  loop
    gone := gone + 1;
    if old.settled_at is null and old.exchange_id is not null then
      perform public.drop_question(old.exchange_id);
    end if;
  end loop;
  counts := counts || jsonb_build_object('reservations', gone);

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

-- The assistant's part of delete_user_data.
create function public.delete_user_chats(p_user_id text) returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  counts jsonb := '{}';
  gone integer;
  conversation uuid;
  rows_gone integer := 0;
begin
  -- What is under way goes by itself: deleting it would be a way around the limits.
  delete from public.reservations where user_id = p_user_id and expires_at <= now();
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
          where s.kind = 'shared' and s.summary_authors @> array[p_user_id]
        union
        select m.conversation_id from public.messages as m
          where m.role = 'user' and m.author_id = p_user_id)
      order by c.id for update
  loop
    rows_gone := rows_gone + 2 * public.delete_turns_of(conversation, p_user_id);
  end loop;
  delete from public.conversations where user_id = p_user_id;
  get diagnostics gone = row_count;
  return counts || jsonb_build_object('messages', rows_gone, 'conversations', gone);
end $$;

-- Each of them stays what it was and does the assistant's part as well.
alter function public.delete_old_rows(integer) rename to delete_old_records;
alter function public.delete_user_data(text) rename to delete_user_records;

create function public.delete_old_rows(p_limit integer default 1000) returns jsonb
language sql security invoker set search_path = '' as $$
  select public.delete_old_records(p_limit) || public.delete_old_chats(p_limit)
$$;

create function public.delete_user_data(p_user_id text) returns jsonb
language sql security invoker set search_path = '' as $$
  select public.delete_user_records(p_user_id) || public.delete_user_chats(p_user_id)
$$;

do $$
declare
  signature regprocedure;
begin
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('delete_old_chats', 'delete_user_chats', 'delete_old_rows',
                          'delete_user_data', 'delete_old_records', 'delete_user_records')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
