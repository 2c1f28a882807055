-- Why: what somebody who runs the practice must look at. The server reads the audit log, writes what it notices here, and
-- queues the letter about it, all in one transaction. An alert names an account and a kind, nothing else: no address, no
-- name, no record.

create table curtain.alert (
    id uuid primary key,
    kind text not null constraint alert_kind_check check (kind in (
        'failed_sign_ins', 'failed_sign_ins_of_one', 'many_records_read', 'factor_reset', 'audit_break')),
    -- Whom it is about; null when it is nobody in particular.
    about uuid references curtain.account (id),
    -- The first entry of the audit log that is wrong; for an audit break alone.
    entry bigint constraint alert_entry_check check ((entry is not null) = (kind = 'audit_break')),
    -- How many: failures or records in the worst window, wrong entries.
    count bigint not null check (count >= 1),
    first_at timestamptz not null,
    last_at timestamptz not null check (last_at >= first_at),
    raised_at timestamptz not null,
    -- When administrators were written to about it; several alerts of a kind may share one letter.
    mailed_at timestamptz,
    seen_at timestamptz,
    seen_by uuid references curtain.account (id),
    constraint alert_seen_check check ((seen_at is null) = (seen_by is null)),
    -- Whoever notices the same thing twice writes it once.
    constraint alert_once_key unique nulls not distinct (kind, about, first_at)
);
create index alert_unseen_idx on curtain.alert (last_at) where seen_at is null;

-- How far the audit log was looked through. One row, whose lock makes several servers take turns.
create table curtain.alert_watch (
    looked_until timestamptz not null
);
create unique index alert_watch_is_one on curtain.alert_watch ((true));
insert into curtain.alert_watch values (now());

-- Rules look at events of some kinds within minutes or hours, by the server's clock.
create index audit_event_at_idx on curtain.audit_event (kind, at);

alter table curtain.alert enable row level security, force row level security;
alter table curtain.alert_watch enable row level security, force row level security;

grant select on curtain.alert to curtain_worker;
grant insert (id, kind, about, entry, count, first_at, last_at, raised_at), update (count, last_at, mailed_at)
    on curtain.alert to curtain_worker;
create policy worker_reads on curtain.alert for select to curtain_worker using (true);
create policy worker_raises on curtain.alert for insert to curtain_worker with check (true);
create policy worker_goes_on on curtain.alert for update to curtain_worker using (true) with check (true);
grant select, update (looked_until) on curtain.alert_watch to curtain_worker;
create policy worker_reads on curtain.alert_watch for select to curtain_worker using (true);
create policy worker_looks on curtain.alert_watch for update to curtain_worker using (true) with check (true);

-- Administrators see them and say so, each for themselves; auditors see them.
grant select on curtain.alert to curtain_admin, curtain_auditor;
grant update (seen_at, seen_by) on curtain.alert to curtain_admin;
create policy readers_read on curtain.alert for select to curtain_admin, curtain_auditor
    using ((select curtain.actor()) is not null);
create policy admin_sees on curtain.alert for update to curtain_admin
    using (seen_at is null and (select curtain.actor()) is not null)
    with check (seen_by = (select curtain.actor()));

-- Whom the letters go to. The worker's scope has no address of anybody: it gets those of active administrators from this
-- function, and can ask for no others.
create function curtain.administrators_to_tell() returns table (name text, email text)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select a.name, a.email from curtain.account a where a.role = 'administrator' and a.state = 'active'
$$;
grant select (name, email) on curtain.account to curtain_lookup;
grant create on schema curtain to curtain_lookup;
alter function curtain.administrators_to_tell() owner to curtain_lookup;
revoke create on schema curtain from curtain_lookup;
grant execute on function curtain.administrators_to_tell() to curtain_worker;

grant insert (id, kind, key, wrapped_by, wrapped, sealed_message, next_attempt_at, created_at, expires_at)
    on curtain.mail to curtain_worker;
create policy worker_queues on curtain.mail for insert to curtain_worker
    with check (state = 'queued' and kind = 'notice');
