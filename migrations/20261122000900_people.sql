-- Why: administrators invite people, change roles, suspend, and reset a second factor, and never more than that: they hold
-- no right on a password, a seed or a code. What a change of an account ends, the database ends, whoever made the change:
-- no handler can forget it (SE5, L4).

-- Both factors are set up. A suspended account keeps it, so that switching it on again asks for nothing new.
alter table curtain.account add column enrolled boolean not null default false;
-- FORCE binds the owner too; without this the next line would find nobody, silently.
alter table curtain.account no force row level security;
update curtain.account set enrolled = (state = 'active');
alter table curtain.account force row level security;

-- A link has a type: one that replaces a lost second factor asks for the password that stands, one that invites sets it
-- (AU10: a mailbox alone must never be enough to take an account over).
alter table curtain.activation add column kind text not null default 'invitation'
    constraint activation_kind_check check (kind in ('invitation', 'new_factor'));

-- Who reset whose second factor, and how they knew whom they had before them (AU10).
create table curtain.factor_reset (
    id uuid primary key,
    account uuid not null references curtain.account (id),
    reset_by uuid not null references curtain.account (id),
    identity_check text not null constraint factor_reset_identity_check
        check (identity_check in ('in_person', 'called_back', 'by_video', 'vouched')),
    created_at timestamptz not null,
    constraint factor_reset_not_own_check check (account <> reset_by)
);
create index factor_reset_account_idx on curtain.factor_reset (account, created_at);
alter table curtain.factor_reset enable row level security, force row level security;

-- What an account may become. The lock makes two administrators who remove each other take turns, and the count, which a
-- new snapshot makes, sees what the first one did.
create function curtain.account_keeps_its_rules() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        new.enrolled := new.state = 'active';
        return new;
    end if;
    if new.state = 'active' and (
        (old.state = 'suspended' and not old.enrolled)
        -- Only who holds the link brings an account to life.
        or (old.state = 'invited' and session_user = 'curtain_admin')
    ) then
        raise exception using
            errcode = 'check_violation',
            constraint = 'account_state_transition',
            message = 'this account was not activated by its person';
    end if;
    new.enrolled := case new.state when 'active' then true when 'invited' then false else old.enrolled end;
    if old.role = 'administrator' and old.state = 'active'
        and (new.role <> 'administrator' or new.state <> 'active')
    then
        perform pg_advisory_xact_lock(4849171911);
        if not exists (
            select from curtain.account a
            where a.role = 'administrator' and a.state = 'active' and a.id <> old.id
        ) then
            raise exception using
                errcode = 'check_violation',
                constraint = 'account_last_administrator',
                message = 'somebody must be left who can manage accounts';
        end if;
    end if;
    return new;
end
$$;

-- What a change of an account ends: sessions, sign-ins half done, links, and, when the person must set up a second factor
-- again, the old one with its recovery codes and the browsers it was known on.
create function curtain.account_change_ends_access() returns trigger
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
    end if;
    return null;
end
$$;

grant update (ended_at) on curtain.session to curtain_lookup;
grant select (account, used_at), update (used_at) on curtain.sign_in to curtain_lookup;
grant select (account, used_at), update (used_at) on curtain.activation to curtain_lookup;
grant select (account, used_at), update (used_at) on curtain.recovery_code to curtain_lookup;
grant select (account), update (confirmed_at, sealed_seed) on curtain.totp to curtain_lookup;
grant select (account, used_at), update (used_at) on curtain.new_totp to curtain_lookup;
grant select (account, revoked_at), update (revoked_at) on curtain.device to curtain_lookup;
create policy lookup_reads on curtain.new_totp for select to curtain_lookup using (true);
create policy lookup_ends on curtain.new_totp for update to curtain_lookup
    using (used_at is null) with check (used_at is not null);
create policy lookup_reads on curtain.device for select to curtain_lookup using (true);
create policy lookup_ends on curtain.device for update to curtain_lookup
    using (revoked_at is null) with check (revoked_at is not null);
create policy lookup_ends on curtain.session for update to curtain_lookup
    using (ended_at is null) with check (ended_at is not null);
create policy lookup_reads on curtain.sign_in for select to curtain_lookup using (true);
create policy lookup_ends on curtain.sign_in for update to curtain_lookup
    using (used_at is null) with check (used_at is not null);
create policy lookup_reads on curtain.activation for select to curtain_lookup using (true);
create policy lookup_ends on curtain.activation for update to curtain_lookup
    using (used_at is null) with check (used_at is not null);
create policy lookup_reads on curtain.recovery_code for select to curtain_lookup using (true);
create policy lookup_ends on curtain.recovery_code for update to curtain_lookup
    using (used_at is null) with check (used_at is not null);
create policy lookup_reads on curtain.totp for select to curtain_lookup using (true);
create policy lookup_ends on curtain.totp for update to curtain_lookup
    using (true) with check (confirmed_at is null and sealed_seed = '');
grant create on schema curtain to curtain_lookup;
alter function curtain.account_keeps_its_rules() owner to curtain_lookup;
alter function curtain.account_change_ends_access() owner to curtain_lookup;
revoke create on schema curtain from curtain_lookup;

create trigger account_keeps_its_rules before insert or update on curtain.account
    for each row execute function curtain.account_keeps_its_rules();
create trigger account_change_ends_access after update of role, state on curtain.account
    for each row when (old.role is distinct from new.role or old.state is distinct from new.state)
    execute function curtain.account_change_ends_access();

-- Invites, changes others, never oneself: an own mistake or a stolen session can't lift or lower who acts.
grant select (email, enrolled), insert (id, email, name, role, created_at), update (role, state)
    on curtain.account to curtain_admin;
create policy admin_invites on curtain.account for insert to curtain_admin
    with check (state = 'invited' and (select curtain.actor()) is not null);
create policy admin_changes on curtain.account for update to curtain_admin
    using (id <> (select curtain.actor())) with check (id <> (select curtain.actor()));

-- Links for people who are invited; the newest counts, so those before it are voided. The hash goes in and never out.
grant select (id, account, kind, created_at, expires_at, used_at),
    insert (id, account, token_hash, kind, created_at, expires_at), update (used_at)
    on curtain.activation to curtain_admin;
create policy admin_reads on curtain.activation for select to curtain_admin
    using ((select curtain.actor()) is not null);
create policy admin_makes on curtain.activation for insert to curtain_admin
    with check (
        account <> (select curtain.actor())
        and account in (select a.id from curtain.account a where a.state = 'invited')
        -- Who had both factors once keeps the password: their link can't set another.
        and (kind = 'new_factor') = (account in (select r.account from curtain.factor_reset r))
    );
create policy admin_voids on curtain.activation for update to curtain_admin
    using (used_at is null and account <> (select curtain.actor())) with check (used_at is not null);

grant select (id, account, reset_by, identity_check, created_at),
    insert (id, account, reset_by, identity_check, created_at)
    on curtain.factor_reset to curtain_admin;
create policy admin_reads on curtain.factor_reset for select to curtain_admin
    using ((select curtain.actor()) is not null);
create policy admin_records on curtain.factor_reset for insert to curtain_admin
    with check (reset_by = (select curtain.actor()) and account <> (select curtain.actor()));

-- Who has which factor since when; never what it is.
grant select (account, confirmed_at) on curtain.totp to curtain_admin;
create policy admin_reads on curtain.totp for select to curtain_admin
    using ((select curtain.actor()) is not null);

-- Ends sessions of others and of oneself; an ended one stays ended.
grant select (id, account, ended_at, ends_at), update (ended_at) on curtain.session to curtain_admin;
create policy admin_reads on curtain.session for select to curtain_admin
    using ((select curtain.actor()) is not null);
create policy admin_ends on curtain.session for update to curtain_admin
    using (ended_at is null and (select curtain.actor()) is not null) with check (ended_at is not null);
