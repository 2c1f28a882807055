-- Why: what happened, who did it, and proof that nobody changed the story (OP4, OP5). An event is written in the transaction
-- of what it tells: no audit, no access. It holds ids and codes of a closed list, never a name, an address or a word
-- that somebody typed. Nobody may change or take away a row; docs/audit.md has the encoding that the chain is made of.

create table curtain.audit_event (
    id uuid primary key default gen_random_uuid(),
    -- By the server's clock.
    at timestamptz not null,
    -- By the database's clock: the order in which events are numbered. No scope may write it.
    recorded_at timestamptz not null default clock_timestamp(),
    kind text not null constraint audit_event_kind_check check (kind ~ '^[a-z_]{3,40}$'),
    outcome text not null constraint audit_event_outcome_check check (outcome in ('success', 'failure', 'denied')),
    -- Who did it; null for the house itself and for somebody unknown.
    actor uuid,
    actor_role text constraint audit_event_role_check
        check (actor_role in ('patient', 'clinician', 'administrator', 'auditor')),
    session uuid,
    -- Whom it was done to, whose record it touched, in which visit. No foreign keys: an event outlives what it tells of,
    -- and an attempt on something that isn't there is told as well.
    subject uuid,
    patient uuid,
    visit uuid,
    -- Codes, no spaces: free text can't be kept here even by mistake.
    detail text constraint audit_event_detail_check check (detail ~ '^[A-Za-z0-9_.=/{}:,-]{1,120}$')
);
create index audit_event_recorded_idx on curtain.audit_event (recorded_at, id);
create index audit_event_actor_idx on curtain.audit_event (actor, recorded_at);
create index audit_event_subject_idx on curtain.audit_event (subject, recorded_at);
create index audit_event_patient_idx on curtain.audit_event (patient, recorded_at);
create index audit_event_kind_idx on curtain.audit_event (kind, recorded_at);

-- The chain: gapless numbers, each entry's hash over the one before and its event.
create table curtain.audit_entry (
    number bigint primary key check (number >= 1),
    event uuid not null constraint audit_entry_event_key unique references curtain.audit_event (id),
    previous_hash bytea not null check (length(previous_hash) = 32),
    hash bytea not null check (length(hash) = 32),
    sealed_at timestamptz not null default clock_timestamp()
);

-- Signed heads of the chain. A copy leaves the machine: what is only here can be rewritten together with the chain.
create table curtain.audit_checkpoint (
    number bigint primary key references curtain.audit_entry (number),
    hash bytea not null check (length(hash) = 32),
    at timestamptz not null,
    signature bytea not null check (length(signature) = 64)
);

alter table curtain.audit_event enable row level security, force row level security;
alter table curtain.audit_entry enable row level security, force row level security;
alter table curtain.audit_checkpoint enable row level security, force row level security;

-- The last wall, for the owner too: grants and policies don't bind a superuser, a trigger does until somebody takes it
-- off, and the chain shows what was done then.
create function curtain.audit_only_grows() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using errcode = 'insufficient_privilege', message = 'the audit log only grows';
end
$$;
create trigger audit_only_grows before update or delete or truncate on curtain.audit_event
    for each statement execute function curtain.audit_only_grows();
create trigger audit_only_grows before update or delete or truncate on curtain.audit_entry
    for each statement execute function curtain.audit_only_grows();
create trigger audit_only_grows before update or delete or truncate on curtain.audit_checkpoint
    for each statement execute function curtain.audit_only_grows();

-- Everybody writes down what they do, each as themselves; the machines for those who aren't anybody yet.
grant insert (at, kind, outcome, actor, actor_role, session, subject, patient, visit, detail) on curtain.audit_event to
    curtain_credentials, curtain_patient, curtain_clinician, curtain_admin, curtain_auditor, curtain_worker;
create policy machines_record on curtain.audit_event for insert to curtain_credentials, curtain_worker
    with check (true);
create policy patient_records on curtain.audit_event for insert to curtain_patient
    with check (actor = (select curtain.actor()) and actor_role = 'patient');
create policy clinician_records on curtain.audit_event for insert to curtain_clinician
    with check (actor = (select curtain.actor()) and actor_role = 'clinician');
create policy admin_records on curtain.audit_event for insert to curtain_admin
    with check (actor = (select curtain.actor()) and actor_role = 'administrator');
create policy auditor_records on curtain.audit_event for insert to curtain_auditor
    with check (actor = (select curtain.actor()) and actor_role = 'auditor');

-- Auditors and administrators read; the worker numbers, chains and signs.
grant select on curtain.audit_event, curtain.audit_entry, curtain.audit_checkpoint
    to curtain_admin, curtain_auditor, curtain_worker;
grant insert (number, event, previous_hash, hash) on curtain.audit_entry to curtain_worker;
grant insert on curtain.audit_checkpoint to curtain_worker;
create policy readers_read on curtain.audit_event for select to curtain_admin, curtain_auditor
    using ((select curtain.actor()) is not null);
create policy readers_read on curtain.audit_entry for select to curtain_admin, curtain_auditor
    using ((select curtain.actor()) is not null);
create policy readers_read on curtain.audit_checkpoint for select to curtain_admin, curtain_auditor
    using ((select curtain.actor()) is not null);
create policy worker_reads on curtain.audit_event for select to curtain_worker using (true);
create policy worker_reads on curtain.audit_entry for select to curtain_worker using (true);
create policy worker_reads on curtain.audit_checkpoint for select to curtain_worker using (true);
create policy worker_seals on curtain.audit_entry for insert to curtain_worker with check (true);
create policy worker_signs on curtain.audit_checkpoint for insert to curtain_worker with check (true);

-- An auditor reads names beside the ids; still no address and nothing of a visit.
grant select (id, name, role) on curtain.account to curtain_auditor;
create policy auditor_reads on curtain.account for select to curtain_auditor
    using ((select curtain.actor()) is not null);
