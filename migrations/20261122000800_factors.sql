-- Why: what a factor needs beyond being right once. When a second factor was last shown (SE4), which browser somebody
-- is known on, how often each factor failed in a row (AU7), recovery codes that count once, and an authenticator that
-- waits for its first code beside the one that is in use.

alter table curtain.session
    -- When a second factor was last shown in this session. What needs a fresh one looks here.
    add column factor_at timestamptz not null default 'epoch',
    -- Browser and system in plain words, from a short list of our own: never the header itself.
    add column device text check (length(device) <= 60);
grant select (factor_at, device) on curtain.session to curtain_credentials;
grant insert (factor_at, device) on curtain.session to curtain_credentials;
-- A session gets new tokens at each change of its rights (SE1).
grant update (token_hash, context_hash, factor_at) on curtain.session to curtain_credentials;

-- A recovery code was right: all that may follow is a new authenticator.
alter table curtain.sign_in add column recovered_at timestamptz;
grant select (recovered_at) on curtain.sign_in to curtain_credentials;
grant update (recovered_at, expires_at) on curtain.sign_in to curtain_credentials;

-- Re-issued codes replace the old ones, which stay as a record.
alter table curtain.recovery_code add column replaced_at timestamptz;
grant select (account, code_hash, created_at, used_at, replaced_at) on curtain.recovery_code to curtain_credentials;
grant update (used_at, replaced_at) on curtain.recovery_code to curtain_credentials;
create policy credentials_reads on curtain.recovery_code for select to curtain_credentials using (true);
-- What was used or replaced stays so.
create policy credentials_uses on curtain.recovery_code for update to curtain_credentials
    using (used_at is null and replaced_at is null) with check (true);

-- An authenticator that waits for its first code. The one in use stays until then: nobody is left with a password alone.
create table curtain.new_totp (
    account uuid primary key references curtain.account (id),
    -- The session or the sign-in that began it, and alone may finish it.
    begun_by uuid not null,
    version integer not null check (version >= 1),
    sealed_seed bytea not null,
    credential_key uuid not null references curtain.credential_key (id),
    created_at timestamptz not null,
    expires_at timestamptz not null check (expires_at <= created_at + interval '15 minutes'),
    used_at timestamptz
);

-- A browser in which somebody signed in with both factors. Strangers who guess can't slow it down (AU7).
create table curtain.device (
    id uuid primary key,
    account uuid not null references curtain.account (id),
    token_hash bytea not null constraint device_token_key unique check (length(token_hash) = 32),
    created_at timestamptz not null,
    revoked_at timestamptz
);
create index device_account_idx on curtain.device (account) where revoked_at is null;

-- How often each factor of an account failed in a row, counted apart for each known browser. Browsers that are not known
-- share one count, under the nil UUID. The account is no reference: tries at names that nobody has are written under one of
-- a thousand made-up ids, so that they take as long as all others (AU6).
create table curtain.factor_failure (
    account uuid not null,
    factor text not null check (factor in ('password', 'totp', 'recovery_code')),
    device uuid not null,
    failures integer not null default 0 check (failures >= 0),
    last_failed_at timestamptz not null default 'epoch',
    primary key (account, factor, device)
);

alter table curtain.new_totp enable row level security, force row level security;
alter table curtain.device enable row level security, force row level security;
alter table curtain.factor_failure enable row level security, force row level security;

grant select, insert (account, begun_by, version, sealed_seed, credential_key, created_at, expires_at),
    update (begun_by, version, sealed_seed, credential_key, created_at, expires_at, used_at)
    on curtain.new_totp to curtain_credentials;
grant select, insert (id, account, token_hash, created_at), update (revoked_at) on curtain.device to curtain_credentials;
grant select, insert (account, factor, device), update (failures, last_failed_at)
    on curtain.factor_failure to curtain_credentials;

create policy credentials_reads on curtain.new_totp for select to curtain_credentials using (true);
create policy credentials_begins on curtain.new_totp for insert to curtain_credentials with check (true);
create policy credentials_changes on curtain.new_totp for update to curtain_credentials using (true);
create policy credentials_reads on curtain.device for select to curtain_credentials using (true);
create policy credentials_knows on curtain.device for insert to curtain_credentials with check (true);
-- A browser that was forgotten stays forgotten.
create policy credentials_forgets on curtain.device for update to curtain_credentials
    using (revoked_at is null) with check (true);
create policy credentials_reads on curtain.factor_failure for select to curtain_credentials using (true);
create policy credentials_counts on curtain.factor_failure for insert to curtain_credentials with check (true);
create policy credentials_recounts on curtain.factor_failure for update to curtain_credentials using (true);
