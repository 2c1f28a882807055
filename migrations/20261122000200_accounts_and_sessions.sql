-- Why: who somebody is. `curtain.actor()` answers it for every row policy, from the session's context token alone.

create table curtain.account (
    id uuid primary key,
    email text not null constraint account_email_key unique,
    name text not null,
    role text not null constraint account_role_check
        check (role in ('patient', 'clinician', 'administrator', 'auditor')),
    state text not null default 'invited' constraint account_state_check
        check (state in ('invited', 'active', 'suspended')),
    created_at timestamptz not null,
    -- Lets other tables demand the role along with the account.
    constraint account_id_role_key unique (id, role)
);

create table curtain.session (
    id uuid primary key,
    account uuid not null references curtain.account (id),
    -- SHA-256 of tokens that only the browser holds (SE1).
    token_hash bytea not null constraint session_token_key unique check (length(token_hash) = 32),
    context_hash bytea not null constraint session_context_key unique check (length(context_hash) = 32),
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    -- The longest that any role has (SE3): a mistake in the server can't make a longer one.
    idle_seconds integer not null check (idle_seconds between 1 and 1800),
    ends_at timestamptz not null,
    ended_at timestamptz,
    constraint session_absolute_check check (ends_at <= created_at + interval '24 hours')
);
create index session_account_idx on curtain.session (account) where ended_at is null;

alter table curtain.account enable row level security, force row level security;
alter table curtain.session enable row level security, force row level security;

-- Who acts in this transaction: the account of a live session whose context token was set, if that account may use the
-- scope that is signed in to Postgres. Null for everybody else.
create function curtain.actor() returns uuid
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select s.account
    from curtain.session s
    join curtain.account a on a.id = s.account
    where s.context_hash = sha256(decode(current_setting('curtain.context', true), 'hex'))
        and s.ended_at is null
        and clock_timestamp() < s.ends_at
        and clock_timestamp() < s.last_used_at + make_interval(secs => s.idle_seconds)
        and a.state = 'active'
        and a.role = case session_user
            when 'curtain_patient' then 'patient'
            when 'curtain_clinician' then 'clinician'
            when 'curtain_admin' then 'administrator'
            when 'curtain_auditor' then 'auditor'
        end
$$;
grant select (id, role, state) on curtain.account to curtain_lookup;
grant select (account, context_hash, last_used_at, idle_seconds, ends_at, ended_at) on curtain.session
    to curtain_lookup;
create policy lookup_reads on curtain.account for select to curtain_lookup using (true);
create policy lookup_reads on curtain.session for select to curtain_lookup using (true);
grant create on schema curtain to curtain_lookup;
alter function curtain.actor() owner to curtain_lookup;
revoke create on schema curtain from curtain_lookup;
grant execute on function curtain.actor() to curtain_patient, curtain_clinician, curtain_admin, curtain_auditor;

-- Signing in looks people up before anybody is somebody; it can activate an account and nothing else.
grant select (id, email, name, role, state) on curtain.account to curtain_credentials;
grant update (state) on curtain.account to curtain_credentials;
create policy credentials_reads on curtain.account for select to curtain_credentials using (true);
create policy credentials_activates on curtain.account for update to curtain_credentials
    using (state = 'invited') with check (state = 'active');

grant select (id, account, token_hash, created_at, last_used_at, idle_seconds, ends_at, ended_at) on curtain.session
    to curtain_credentials;
grant insert (id, account, token_hash, context_hash, created_at, last_used_at, idle_seconds, ends_at)
    on curtain.session to curtain_credentials;
grant update (last_used_at, ended_at) on curtain.session to curtain_credentials;
create policy credentials_reads on curtain.session for select to curtain_credentials using (true);
create policy credentials_opens on curtain.session for insert to curtain_credentials with check (true);
-- An ended session stays ended.
create policy credentials_closes on curtain.session for update to curtain_credentials
    using (ended_at is null) with check (true);

-- Clinicians book visits for patients and invite each other; staff who run the practice are not on that list.
grant select (id, name, role, state) on curtain.account to curtain_clinician;
create policy clinician_reads on curtain.account for select to curtain_clinician
    using (role in ('patient', 'clinician') and (select curtain.actor()) is not null);

grant select (id, name, role, state, created_at) on curtain.account to curtain_admin;
create policy admin_reads on curtain.account for select to curtain_admin
    using ((select curtain.actor()) is not null);

-- The room of a visit shows names; it never needs an address.
grant select (id, name, role) on curtain.account to curtain_worker;
create policy worker_reads on curtain.account for select to curtain_worker using (true);
