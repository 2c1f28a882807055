-- Why: what proves who somebody is. Only the credentials scope holds any right here; the tables are apart from
-- `account` so that no column grant elsewhere can ever reach a hash.

create table curtain.password (
    account uuid primary key references curtain.account (id),
    phc text not null,
    changed_at timestamptz not null
);

-- The practice's data key for credentials, wrapped. One row.
create table curtain.credential_key (
    id uuid primary key,
    wrapped_by text not null,
    wrapped bytea not null,
    created_at timestamptz not null
);
create unique index credential_key_is_one on curtain.credential_key ((true));

create table curtain.totp (
    account uuid primary key references curtain.account (id),
    -- Counts how often an authenticator was set up; part of what the seed is sealed for.
    version integer not null check (version >= 1),
    sealed_seed bytea not null,
    credential_key uuid not null references curtain.credential_key (id),
    -- The last time step that was used: each counts once (RFC 6238 §5.2, AU8).
    last_step bigint not null default 0,
    confirmed_at timestamptz
);

create table curtain.recovery_code (
    account uuid not null references curtain.account (id),
    code_hash bytea not null check (length(code_hash) = 32),
    created_at timestamptz not null,
    used_at timestamptz,
    primary key (account, code_hash)
);

create table curtain.activation (
    id uuid primary key,
    account uuid not null references curtain.account (id),
    token_hash bytea not null constraint activation_token_key unique check (length(token_hash) = 32),
    created_at timestamptz not null,
    -- AU12: a link somebody forgot in a mailbox must not work for long.
    expires_at timestamptz not null check (expires_at <= created_at + interval '72 hours'),
    used_at timestamptz
);

-- The password was right, the code is due.
create table curtain.sign_in (
    id uuid primary key,
    account uuid not null references curtain.account (id),
    token_hash bytea not null constraint sign_in_token_key unique check (length(token_hash) = 32),
    -- Five guesses at six digits, then the password again (L5).
    attempts integer not null default 0 check (attempts between 0 and 5),
    created_at timestamptz not null,
    expires_at timestamptz not null check (expires_at <= created_at + interval '10 minutes'),
    used_at timestamptz
);

alter table curtain.password enable row level security, force row level security;
alter table curtain.credential_key enable row level security, force row level security;
alter table curtain.totp enable row level security, force row level security;
alter table curtain.recovery_code enable row level security, force row level security;
alter table curtain.activation enable row level security, force row level security;
alter table curtain.sign_in enable row level security, force row level security;

grant select, insert, update (phc, changed_at) on curtain.password to curtain_credentials;
grant select, insert on curtain.credential_key to curtain_credentials;
grant select, insert (account, version, sealed_seed, credential_key),
    update (version, sealed_seed, credential_key, last_step, confirmed_at)
    on curtain.totp to curtain_credentials;
grant insert (account, code_hash, created_at) on curtain.recovery_code to curtain_credentials;
-- Links are made by the owner's command, never by the server that strangers talk to.
grant select, update (used_at) on curtain.activation to curtain_credentials;
grant select, insert (id, account, token_hash, created_at, expires_at), update (attempts, used_at)
    on curtain.sign_in to curtain_credentials;

create policy credentials_reads on curtain.password for select to curtain_credentials using (true);
create policy credentials_sets on curtain.password for insert to curtain_credentials with check (true);
create policy credentials_changes on curtain.password for update to curtain_credentials using (true);
create policy credentials_reads on curtain.credential_key for select to curtain_credentials using (true);
create policy credentials_sets on curtain.credential_key for insert to curtain_credentials with check (true);
create policy credentials_reads on curtain.totp for select to curtain_credentials using (true);
create policy credentials_sets on curtain.totp for insert to curtain_credentials with check (confirmed_at is null);
create policy credentials_changes on curtain.totp for update to curtain_credentials using (true);
create policy credentials_sets on curtain.recovery_code for insert to curtain_credentials with check (true);
create policy credentials_reads on curtain.activation for select to curtain_credentials using (true);
-- What was used stays used.
create policy credentials_uses on curtain.activation for update to curtain_credentials
    using (used_at is null) with check (true);
create policy credentials_reads on curtain.sign_in for select to curtain_credentials using (true);
create policy credentials_opens on curtain.sign_in for insert to curtain_credentials with check (true);
create policy credentials_uses on curtain.sign_in for update to curtain_credentials
    using (used_at is null) with check (true);
