-- Why: what people must be told by mail waits here, written in the transaction of what it tells, so that neither happens
-- without the other. A message may hold a link, and a link is a secret: message and address are sealed, each under a key of
-- its own, and are gone from the row as soon as it is sent or too old.

create table curtain.mail (
    id uuid primary key,
    kind text not null constraint mail_kind_check check (kind in ('invitation', 'new_factor', 'notice')),
    key uuid not null,
    wrapped_by text not null,
    wrapped bytea not null,
    sealed_message bytea not null,
    state text not null default 'queued' constraint mail_state_check
        check (state in ('queued', 'sent', 'refused', 'expired')),
    -- How often it was tried, and when it may be tried again: a sender takes it by moving that time.
    attempts integer not null default 0 check (attempts >= 0),
    next_attempt_at timestamptz not null,
    -- Why the last try failed, as one of a few words; never what a mail server said.
    failure text constraint mail_failure_check check (failure in ('unreachable', 'not_now', 'refused', 'unreadable')),
    created_at timestamptz not null,
    -- A link that no longer works isn't worth sending.
    expires_at timestamptz not null constraint mail_expires_check check (expires_at <= created_at + interval '72 hours'),
    done_at timestamptz
);
create index mail_queued_idx on curtain.mail (next_attempt_at) where state = 'queued';
alter table curtain.mail enable row level security, force row level security;

-- Administrators cause mail and see how it fares; they can't read it.
grant select (id, kind, state, failure, created_at, done_at),
    insert (id, kind, key, wrapped_by, wrapped, sealed_message, next_attempt_at, created_at, expires_at)
    on curtain.mail to curtain_admin;
create policy admin_reads on curtain.mail for select to curtain_admin
    using ((select curtain.actor()) is not null);
create policy admin_queues on curtain.mail for insert to curtain_admin
    with check (state = 'queued' and (select curtain.actor()) is not null);
-- Notices about one's own account.
grant insert (id, kind, key, wrapped_by, wrapped, sealed_message, next_attempt_at, created_at, expires_at)
    on curtain.mail to curtain_credentials;
create policy credentials_queues on curtain.mail for insert to curtain_credentials
    with check (state = 'queued' and kind = 'notice');

-- The sender: no person acts.
grant select, update (state, attempts, next_attempt_at, failure, sealed_message, wrapped, done_at)
    on curtain.mail to curtain_worker;
create policy worker_reads on curtain.mail for select to curtain_worker using (true);
create policy worker_sends on curtain.mail for update to curtain_worker using (state = 'queued') with check (true);
