-- Why: passkeys (W3C Web Authentication): what somebody's devices sign in with, and the questions that wait for an answer
-- of one. Only signing in reads a key; an administrator sees who has one and since when. Whatever takes a second factor
-- away takes the passkeys too.

create table curtain.passkey (
    id uuid primary key,
    account uuid not null references curtain.account (id),
    -- Names of 16 to 1 023 bytes that devices make up (W3C §4, "Credential ID"); no two passkeys share one.
    credential_id bytea not null constraint passkey_credential_key unique
        check (length(credential_id) between 16 and 1023),
    -- The public key and its use counter, as the library that judges them writes it.
    credential text not null,
    -- What its owner calls it.
    name text not null check (length(name) between 1 and 60),
    created_at timestamptz not null,
    last_used_at timestamptz,
    -- What was removed stays as a record.
    removed_at timestamptz
);
create index passkey_account_idx on curtain.passkey (account) where removed_at is null;

-- What was asked and waits for a device's answer. A row whose time is over is used again for the next question: strangers
-- may ask, and nobody deletes here.
create table curtain.passkey_ceremony (
    id uuid primary key,
    -- An answer counts for the kind of question it was asked with (L11).
    kind text not null constraint passkey_ceremony_kind_check check (kind in ('sign_in', 'step_up', 'registration')),
    -- SHA-256 of a token that only the browser holds that was asked.
    token_hash bytea not null constraint passkey_ceremony_token_key unique check (length(token_hash) = 32),
    -- The session or the sign-in that asked; whoever is nobody yet asks in none.
    begun_by uuid constraint passkey_ceremony_begun_by_check check ((begun_by is null) = (kind = 'sign_in')),
    -- What the answer is checked by. It never leaves the server.
    state text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null check (expires_at <= created_at + interval '5 minutes'),
    used_at timestamptz
);
create index passkey_ceremony_expires_idx on curtain.passkey_ceremony (expires_at);
create index passkey_ceremony_begun_by_idx on curtain.passkey_ceremony (begun_by) where begun_by is not null;

-- Both factors were right, and the role needs a passkey that the person has not: all that may follow is to make one.
alter table curtain.sign_in add column passkey_due_at timestamptz;
grant select (passkey_due_at), insert (passkey_due_at) on curtain.sign_in to curtain_credentials;

alter table curtain.passkey enable row level security, force row level security;
alter table curtain.passkey_ceremony enable row level security, force row level security;

grant select, insert (id, account, credential_id, credential, name, created_at),
    update (credential, last_used_at, removed_at)
    on curtain.passkey to curtain_credentials;
create policy credentials_reads on curtain.passkey for select to curtain_credentials using (true);
create policy credentials_adds on curtain.passkey for insert to curtain_credentials with check (true);
-- What was removed stays removed, and nobody is left with a password alone: a passkey goes only while its owner's
-- authenticator stands.
create policy credentials_uses on curtain.passkey for update to curtain_credentials
    using (removed_at is null)
    with check (
        removed_at is null
        or account in (select t.account from curtain.totp t where t.confirmed_at is not null)
    );

grant select, insert (id, kind, token_hash, begun_by, state, created_at, expires_at),
    update (kind, token_hash, begun_by, state, created_at, expires_at, used_at)
    on curtain.passkey_ceremony to curtain_credentials;
create policy credentials_reads on curtain.passkey_ceremony for select to curtain_credentials using (true);
create policy credentials_asks on curtain.passkey_ceremony for insert to curtain_credentials with check (true);
create policy credentials_uses on curtain.passkey_ceremony for update to curtain_credentials using (true);

-- Who has one since when; never what it is.
grant select (account, created_at) on curtain.passkey to curtain_admin;
create policy admin_reads on curtain.passkey for select to curtain_admin
    using (removed_at is null and (select curtain.actor()) is not null);

-- As it was, and the passkeys: they are a second factor like the others.
create or replace function curtain.account_change_ends_access() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if new.state <> 'active' or new.role <> old.role then
        update curtain.session set ended_at = clock_timestamp() where account = new.id and ended_at is null;
        update curtain.sign_in set used_at = clock_timestamp() where account = new.id and used_at is null;
    end if;
    if new.state = 'suspended' or (old.enrolled and not new.enrolled) then
        update curtain.activation set used_at = clock_timestamp() where account = new.id and used_at is null;
    end if;
    if old.enrolled and not new.enrolled then
        update curtain.totp set confirmed_at = null, sealed_seed = '' where account = new.id;
        update curtain.recovery_code set used_at = clock_timestamp() where account = new.id and used_at is null;
        update curtain.new_totp set used_at = clock_timestamp() where account = new.id and used_at is null;
        update curtain.device set revoked_at = clock_timestamp() where account = new.id and revoked_at is null;
        update curtain.passkey set removed_at = clock_timestamp() where account = new.id and removed_at is null;
    end if;
    return null;
end
$$;
grant select (account, removed_at), update (removed_at) on curtain.passkey to curtain_lookup;
create policy lookup_reads on curtain.passkey for select to curtain_lookup using (true);
create policy lookup_ends on curtain.passkey for update to curtain_lookup
    using (removed_at is null) with check (removed_at is not null);
