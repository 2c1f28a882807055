-- Why: somebody who lost password and second factor together comes back when two people say so (AU10): one administrator
-- asks, having recognised the person, another one approves, or whoever holds the server's console where there is no other.
-- A mailbox alone brings nobody back, and neither does one administrator.

create table curtain.access_reset (
    id uuid primary key default gen_random_uuid(),
    account uuid not null references curtain.account (id),
    requested_by uuid not null references curtain.account (id),
    identity_check text not null constraint access_reset_identity_check
        check (identity_check in ('in_person', 'called_back', 'by_video', 'vouched')),
    -- Times are the database's own: no scope may write when something was asked for or until when it stands.
    requested_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null default clock_timestamp() + interval '72 hours',
    approved_by uuid references curtain.account (id),
    approved_on_console boolean not null default false,
    approved_at timestamptz,
    withdrawn_at timestamptz,
    -- The person has set both anew.
    done_at timestamptz,
    constraint access_reset_not_own_check check (account <> requested_by and account <> approved_by),
    constraint access_reset_two_people_check check (approved_by <> requested_by),
    constraint access_reset_approved_check
        check ((approved_at is not null) = (approved_by is not null or approved_on_console)),
    constraint access_reset_one_approval_check check (approved_by is null or not approved_on_console),
    constraint access_reset_withdrawn_check check (withdrawn_at is null or approved_at is null),
    constraint access_reset_done_check check (done_at is null or approved_at is not null)
);
create unique index access_reset_one_open on curtain.access_reset (account)
    where approved_at is null and withdrawn_at is null;
create index access_reset_account_idx on curtain.access_reset (account, requested_at);
alter table curtain.access_reset enable row level security, force row level security;

-- Approving voids what stood: each link that was handed out, and the password, whoever approves. Sessions and the second
-- factor end with the account's state.
create function curtain.access_reset_voids() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update curtain.activation set used_at = clock_timestamp() where account = new.account and used_at is null;
    update curtain.password set phc = '' where account = new.account;
    return null;
end
$$;
-- It is over once the account is in use again.
create function curtain.access_reset_is_done() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update curtain.access_reset set done_at = clock_timestamp()
        where account = new.id and approved_at is not null and done_at is null;
    return null;
end
$$;
grant select (account), update (phc) on curtain.password to curtain_lookup;
create policy lookup_reads on curtain.password for select to curtain_lookup using (true);
create policy lookup_voids on curtain.password for update to curtain_lookup using (true) with check (phc = '');
grant select (account, approved_at, done_at), update (done_at) on curtain.access_reset to curtain_lookup;
create policy lookup_reads on curtain.access_reset for select to curtain_lookup using (true);
create policy lookup_ends on curtain.access_reset for update to curtain_lookup
    using (done_at is null) with check (done_at is not null);
grant create on schema curtain to curtain_lookup;
alter function curtain.access_reset_voids() owner to curtain_lookup;
alter function curtain.access_reset_is_done() owner to curtain_lookup;
revoke create on schema curtain from curtain_lookup;
create trigger access_reset_voids after update on curtain.access_reset
    for each row when (old.approved_at is null and new.approved_at is not null)
    execute function curtain.access_reset_voids();
create trigger access_reset_is_done after update of state on curtain.account
    for each row when (old.state = 'invited' and new.state = 'active')
    execute function curtain.access_reset_is_done();

grant select, insert (account, requested_by, identity_check), update (approved_by, approved_at, withdrawn_at)
    on curtain.access_reset to curtain_admin;
create policy admin_reads on curtain.access_reset for select to curtain_admin
    using ((select curtain.actor()) is not null);
create policy admin_asks on curtain.access_reset for insert to curtain_admin
    with check (
        requested_by = (select curtain.actor())
        and account <> (select curtain.actor())
        and approved_at is null and withdrawn_at is null
    );
-- What was decided stays decided; what is too old can only be put away.
create policy admin_decides on curtain.access_reset for update to curtain_admin
    using (approved_at is null and withdrawn_at is null and account <> (select curtain.actor()))
    with check (
        withdrawn_at is not null
        or (approved_by = (select curtain.actor()) and approved_by <> requested_by and expires_at > clock_timestamp())
    );

-- A third kind of link: it sets the password and the second factor of an account that had both.
alter table curtain.activation drop constraint activation_kind_check;
alter table curtain.activation add constraint activation_kind_check
    check (kind in ('invitation', 'new_factor', 'new_credentials'));
drop policy admin_makes on curtain.activation;
create policy admin_makes on curtain.activation for insert to curtain_admin
    with check (
        account <> (select curtain.actor())
        and account in (select a.id from curtain.account a where a.state = 'invited')
        -- Who had both factors once keeps the password, unless two people said that it is lost.
        and kind = case
            when account in (
                select r.account from curtain.access_reset r where r.approved_at is not null and r.done_at is null
            ) then 'new_credentials'
            when account in (select r.account from curtain.factor_reset r) then 'new_factor'
            else 'invitation'
        end
    );
alter table curtain.mail drop constraint mail_kind_check;
alter table curtain.mail add constraint mail_kind_check
    check (kind in ('invitation', 'new_factor', 'new_credentials', 'notice'));
