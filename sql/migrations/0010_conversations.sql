-- Conversations: what users asked and what they were answered, which belongs to them and is read by
-- nobody's dashboard. An exchange is a question and its answer, two rows of messages; one that has
-- no answer yet counts for nothing.

create table public.conversations (
  id uuid primary key default gen_random_uuid(),
  guild_id text,
  channel_id text not null,
  kind text not null check (kind in ('shared', 'personal', 'private')),
  user_id text,
  summary text not null default '',
  summary_authors text[] not null default '{}',   -- who said what the summary tells
  -- The place of the last exchange in the summary. Without one it is 0, or negative and never the
  -- same twice, so that a summary of what was deleted meanwhile is recognised.
  summarised_through bigint not null default 0,
  summary_claimed_until timestamptz,              -- until then somebody is writing one
  summary_claimed_through bigint,                 -- up to that place; 0: it will not be kept
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((user_id is null) = (kind = 'shared'))
);
create unique index conversations_place
  on public.conversations (channel_id, kind, coalesce(user_id, ''));
create index conversations_by_user on public.conversations (user_id) where user_id is not null;
create index conversations_by_author on public.conversations using gin (summary_authors);
create index conversations_untouched on public.conversations (updated_at);

-- The id of a user's row is the exchange's place in its conversation. The key begins with the
-- conversation, and none with the id alone: the newest turns of a quiet conversation must not be
-- looked for among everybody's.
create table public.messages (
  id bigint generated always as identity,
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  exchange_id uuid not null,
  role text not null check (role in ('user', 'model')),
  author_id text,
  author_name text,
  quoted_author_id text,                          -- whose message the question is about
  content text not null,
  attachments jsonb not null default '[]',
  tokens bigint not null default 0,
  model text,
  message_ids text[] not null default '{}',
  created_at timestamptz not null default now(),
  primary key (conversation_id, role, id),
  constraint messages_exchange unique (exchange_id, role)
);
create index messages_by_author on public.messages (author_id) where role = 'user';
create index messages_by_quoted on public.messages (quoted_author_id)
  where quoted_author_id is not null;
create index messages_oldest on public.messages (created_at) where role = 'user';

create function public.exchange_json(
  p_asked public.messages, p_answered public.messages, p_channel_id text
) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select jsonb_build_object(
    'id', (p_asked).exchange_id, 'place', (p_asked).id,
    'author_id', (p_asked).author_id, 'author_name', (p_asked).author_name,
    'question', (p_asked).content, 'answer', (p_answered).content,
    'tokens', (p_asked).tokens + (p_answered).tokens, 'asked_at', (p_asked).created_at,
    'model', (p_answered).model, 'attachments', (p_asked).attachments,
    'channel_id', p_channel_id, 'message_ids', (p_answered).message_ids)
$$;

-- The exchange of that id, if it has an answer.
create function public.whole_exchange(p_exchange_id uuid)
returns table (place bigint, conversation_id uuid, author_id text, exchange jsonb)
language sql stable security invoker set search_path = '' as $$
  select u.id, c.id, u.author_id, public.exchange_json(u, m, c.channel_id)
    from public.messages as u
    join public.messages as m on m.exchange_id = u.exchange_id and m.role = 'model'
    join public.conversations as c on c.id = u.conversation_id
    where u.exchange_id = p_exchange_id and u.role = 'user'
$$;

-- The newest exchanges between two places of a conversation, the oldest of them first: as many as
-- have p_tokens together (null: any number), and one in any case.
create function public.newest_exchanges(
  p_conversation_id uuid, p_after bigint, p_before bigint, p_limit integer,
  p_tokens bigint default null
) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select coalesce(
      jsonb_agg(public.exchange_json(e.asked, e.answered, e.channel_id) order by e.place), '[]')
    from (
      select u.id as place, u as asked, m as answered, c.channel_id,
             row_number() over newest as number, sum(u.tokens + m.tokens) over newest as tokens
        from public.messages as u
        join public.messages as m on m.exchange_id = u.exchange_id and m.role = 'model'
        join public.conversations as c on c.id = u.conversation_id
        where u.conversation_id = p_conversation_id and u.role = 'user'
          and u.id > p_after and u.id < coalesce(p_before, 9223372036854775807)
        window newest as (order by u.id desc)
        order by u.id desc limit p_limit) as e
    where e.number = 1 or p_tokens is null or e.tokens <= p_tokens
$$;

-- The oldest exchanges after a place of a conversation, up to another one: as many as one summary may
-- be made of, which is no more than p_tokens together, but one in any case.
create function public.oldest_exchanges(
  p_conversation_id uuid, p_after bigint, p_through bigint, p_limit integer, p_tokens bigint
) returns jsonb
language sql stable security invoker set search_path = '' as $$
  select coalesce(
      jsonb_agg(public.exchange_json(e.asked, e.answered, e.channel_id) order by e.place), '[]')
    from (
      select u.id as place, u as asked, m as answered, c.channel_id,
             row_number() over oldest as number, sum(u.tokens + m.tokens) over oldest as tokens
        from public.messages as u
        join public.messages as m on m.exchange_id = u.exchange_id and m.role = 'model'
        join public.conversations as c on c.id = u.conversation_id
        where u.conversation_id = p_conversation_id and u.role = 'user'
          and u.id > p_after and u.id <= p_through
        window oldest as (order by u.id)
        order by u.id limit p_limit) as e
    where e.number = 1 or e.tokens <= p_tokens
$$;

-- Takes the summary away; one that is being written will not be kept.
create function public.blank_summary(p_conversation_id uuid) returns void
language sql security invoker set search_path = '' as $$
  update public.conversations
    set summary = '', summary_authors = '{}', summary_claimed_until = null,
        summary_claimed_through = null, summarised_through = -nextval('public.messages_id_seq')
    where id = p_conversation_id
$$;

-- What stands at a place of a conversation that is locked goes, or becomes something else: a summary
-- that tells of it is taken away, and one that is being written will not be kept.
create function public.withdraw_from_summary(p_conversation_id uuid, p_place bigint) returns void
language plpgsql security invoker set search_path = '' as $$
begin
  update public.conversations as c set summary_claimed_through = 0
    where c.id = p_conversation_id and c.summarised_through < p_place
      and c.summary_claimed_through >= p_place;
  perform public.blank_summary(c.id) from public.conversations as c
    where c.id = p_conversation_id and c.summarised_through >= p_place;
end $$;

-- Deletes a question that has no answer, and will have none. Whoever adds or deletes exchanges
-- locks their conversation first: so places become visible in their order.
create function public.drop_question(p_exchange_id uuid) returns void
language plpgsql security invoker set search_path = '' as $$
begin
  perform from public.conversations as c
    where c.id = (select u.conversation_id from public.messages as u
                  where u.exchange_id = p_exchange_id and u.role = 'user')
    for update;
  delete from public.messages as u
    where u.exchange_id = p_exchange_id and u.role = 'user'
      and not exists (select from public.messages as m
                      where m.exchange_id = u.exchange_id and m.role = 'model');
end $$;

-- Keeps a question in the conversation of that kind there.
create function public.keep_question(
  p_guild_id text, p_channel_id text, p_user_id text, p_kind text, p_question jsonb
) returns void
language plpgsql security invoker set search_path = '' as $$
declare
  conversation uuid;
begin
  insert into public.conversations (guild_id, channel_id, kind, user_id)
    values (p_guild_id, p_channel_id, p_kind, case when p_kind <> 'shared' then p_user_id end)
    on conflict (channel_id, kind, (coalesce(user_id, ''))) do update set updated_at = now()
    returning id into conversation;
  insert into public.messages
      (conversation_id, exchange_id, role, author_id, author_name, quoted_author_id, content,
       attachments, tokens, created_at)
    select conversation, q.exchange_id, 'user', p_user_id, q.author_name, q.quoted_author_id,
           q.text, coalesce(q.attachments, '[]'), q.tokens, clock_timestamp()
      from jsonb_to_record(p_question)
        as q (exchange_id uuid, author_name text, quoted_author_id text, text text,
              attachments jsonb, tokens bigint)
    on conflict (exchange_id, role) do nothing;
end $$;

-- Keeps the answer to a question, in the place of one that there is; a summary that tells of that
-- one goes. The messages that show it are added to those that do already. A question that was
-- deleted meanwhile has no answer.
create function public.keep_answer(p_answer jsonb) returns void
language plpgsql security invoker set search_path = '' as $$
declare
  exchange uuid := p_answer ->> 'exchange_id';
  asked record;
begin
  select u.conversation_id, u.id as place into asked
    from public.messages as u where u.exchange_id = exchange and u.role = 'user';
  update public.conversations as c set updated_at = now()
    where c.id = asked.conversation_id;
  perform public.withdraw_from_summary(asked.conversation_id, asked.place);
  insert into public.messages as known
      (conversation_id, exchange_id, role, content, tokens, model, message_ids)
    select u.conversation_id, exchange, 'model', p_answer ->> 'text',
           (p_answer ->> 'tokens')::bigint, p_answer ->> 'model',
           public.texts_of(p_answer -> 'message_ids')
      from public.messages as u
      where u.exchange_id = exchange and u.role = 'user'
    on conflict (exchange_id, role) do update
      set content = excluded.content, tokens = excluded.tokens, model = excluded.model,
          message_ids = known.message_ids || array(
            select e.id from unnest(excluded.message_ids) with ordinality as e (id, number)
              where e.id <> all (known.message_ids) order by e.number);
end $$;

-- The texts of a JSON array, in their order; none of anything else.
create function public.texts_of(p_array jsonb) returns text[]
language sql immutable security invoker set search_path = '' as $$
  select coalesce(array_agg(e.text order by e.number), '{}')
    from jsonb_array_elements_text(
        case jsonb_typeof(p_array) when 'array' then p_array else '[]' end)
      with ordinality as e (text, number)
$$;

-- Whether what is after one place of a conversation, up to another, may be summed up: not where
-- somebody did, or something in it was deleted, or where one of the questions has no answer yet and
-- would be lost.
create function public.may_be_summed_up(
  p_chat public.conversations, p_since bigint, p_through bigint
) returns boolean
language plpgsql stable security invoker set search_path = '' as $$
begin
  return (p_chat).summarised_through is not distinct from p_since and p_through > p_since
    and not exists (
      select from public.messages as u
        join public.reservations as r
          on r.exchange_id = u.exchange_id and r.settled_at is null and r.expires_at > now()
        where u.conversation_id = (p_chat).id and u.role = 'user'
          and u.id > p_since and u.id <= p_through
          and not exists (select from public.messages as m
                          where m.exchange_id = u.exchange_id and m.role = 'model'));
end $$;

-- Has nobody else sum up a conversation for a while. Returns what of it is to be summed up, the oldest
-- first, as it is now: also what was long out of sight when a summary was taken away. Nothing:
-- somebody does, or did, or it cannot be.
create function public.begin_summary(p_conversation_id uuid, p_since bigint, p_through bigint)
returns jsonb
language plpgsql security invoker set search_path = '' as $$
declare
  chat public.conversations;
  exchanges jsonb;
begin
  select c.* into chat from public.conversations as c where c.id = p_conversation_id for update;
  if chat.summary_claimed_until > now()
      or not public.may_be_summed_up(chat, p_since, p_through) then
    return '[]';
  end if;
  exchanges := public.oldest_exchanges(chat.id, p_since, p_through, 200, 12000);
  if exchanges = '[]' then
    return exchanges;
  end if;
  update public.conversations as c
    set summary_claimed_until = now() + interval '10 minutes', summary_claimed_through = p_through
    where c.id = p_conversation_id;
  return exchanges;
end $$;

-- Keeps the summary of a conversation's exchanges up to a place, in that of one up to p_since;
-- false: somebody else was faster, it may no longer be summed up, or is no more as it was.
create function public.save_summary(
  p_conversation_id uuid, p_summary text, p_since bigint, p_through bigint
) returns boolean
language plpgsql security invoker set search_path = '' as $$
declare
  chat public.conversations;
begin
  select c.* into chat from public.conversations as c where c.id = p_conversation_id for update;
  if not public.may_be_summed_up(chat, p_since, p_through) then
    return false;
  end if;
  if chat.summary_claimed_through = 0 then
    update public.conversations as c
      set summary_claimed_until = null, summary_claimed_through = null
      where c.id = p_conversation_id;
    return false;
  end if;
  update public.conversations as c
    set summary = p_summary, summarised_through = p_through, summary_claimed_until = null,
        summary_claimed_through = null,
        summary_authors = array(
          select unnest(chat.summary_authors)
          union
          select a.author_id
            from public.messages as u
            cross join unnest(array[u.author_id, u.quoted_author_id]) as a (author_id)
            where u.conversation_id = p_conversation_id and u.role = 'user'
              and u.id > p_since and u.id <= p_through and a.author_id is not null)
    where c.id = p_conversation_id;
  return true;
end $$;

-- How many conversations there are: all that a dashboard gets to know of them.
create function public.conversation_counts()
returns table (kind text, conversations bigint, exchanges bigint)
language sql stable security definer set search_path = '' as $$
  select c.kind, count(distinct c.id), count(m.id)
    from public.conversations as c
    left join public.messages as m on m.conversation_id = c.id and m.role = 'model'
    where (select public.is_admin())
    group by 1 order by 1
$$;
revoke execute on function public.conversation_counts() from public, anon;
grant execute on function public.conversation_counts() to authenticated, service_role;

do $$
declare
  name text;
  signature regprocedure;
begin
  foreach name in array array['conversations', 'messages'] loop
    execute format('alter table public.%I enable row level security', name);
    execute format('revoke all on table public.%I from anon, authenticated', name);
    execute format('grant select, insert, update, delete on table public.%I to service_role', name);
  end loop;
  grant usage on sequence public.messages_id_seq to service_role;
  for signature in
    select p.oid::regprocedure
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'public'::regnamespace
        and p.proname in ('exchange_json', 'whole_exchange', 'newest_exchanges', 'oldest_exchanges',
                          'blank_summary', 'withdraw_from_summary', 'drop_question',
                          'keep_question', 'keep_answer', 'texts_of', 'may_be_summed_up',
                          'begin_summary', 'save_summary')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end $$;
