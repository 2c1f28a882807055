-- Why: a practice decides for itself how strict it is, within what the requirements allow (AU2, AU11, SE3): the shortest
-- password, the second factor of each role with days of grace, and how long a session may live. The limits stand in the
-- database, and sessions are measured by them here: no handler can forget them, and a shorter one counts at once.

create table curtain.practice_policy (
    -- One row.
    one boolean primary key default true constraint practice_policy_is_one_check check (one),
    -- Counts the changes: whoever saves names the version they had before them.
    version integer not null default 1 check (version >= 1),
    password_minimum integer not null default 12 constraint practice_policy_password_check
        check (password_minimum between 12 and 15),
    changed_at timestamptz,
    changed_by uuid references curtain.account (id)
);

create table curtain.role_policy (
    role text primary key check (role in ('patient', 'clinician', 'administrator', 'auditor')),
    second_factor text not null default 'any' constraint role_policy_factor_check
        check (second_factor in ('any', 'passkey')),
    -- How long somebody may sign in without it once it is required.
    grace_days integer not null default 14 constraint role_policy_grace_check check (grace_days between 0 and 30),
    required_since timestamptz,
    idle_minutes integer not null,
    absolute_minutes integer not null,
    constraint role_policy_required_check check ((second_factor = 'passkey') = (required_since is not null)),
    -- The ceilings of SE3. Below five minutes people could not finish a form, below an hour not a visit.
    constraint role_policy_idle_check
        check (idle_minutes between 5 and case role when 'patient' then 30 else 15 end),
    constraint role_policy_absolute_check
        check (absolute_minutes between 60 and case role when 'patient' then 1440 else 720 end)
);

insert into curtain.practice_policy default values;
insert into curtain.role_policy (role, idle_minutes, absolute_minutes) values
    ('patient', 30, 1440), ('clinician', 15, 720), ('administrator', 15, 720), ('auditor', 15, 720);

alter table curtain.practice_policy enable row level security, force row level security;
alter table curtain.role_policy enable row level security, force row level security;

-- Since when somebody is what they are: from the first activation, and again from each change of role. Their days of grace
-- begin then, or when the factor became required, whichever is later. Nothing a person does themselves moves it.
alter table curtain.account add column role_since timestamptz;
alter table curtain.account no force row level security;
update curtain.account a set role_since = a.created_at
    where a.enrolled or exists (select from curtain.factor_reset r where r.account = a.id);
alter table curtain.account force row level security;

create function curtain.account_knows_since_when() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        new.role_since := case when new.state = 'active' then clock_timestamp() end;
    elsif (old.role_since is null and new.state = 'active')
        or (old.role_since is not null and new.role <> old.role)
    then
        new.role_since := clock_timestamp();
    else
        new.role_since := old.role_since;
    end if;
    return new;
end
$$;
create trigger account_knows_since_when before insert or update on curtain.account
    for each row execute function curtain.account_knows_since_when();

-- Who changed the policy, when, and for which time: never a matter of what a handler writes.
create function curtain.policy_counts_its_changes() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    new.version := old.version + 1;
    new.changed_at := clock_timestamp();
    new.changed_by := null;
    if session_user = 'curtain_admin' then
        new.changed_by := curtain.actor();
    end if;
    return new;
end
$$;
create trigger policy_counts_its_changes before update on curtain.practice_policy
    for each row execute function curtain.policy_counts_its_changes();

-- A rule that was there keeps its day: more or fewer days of grace are counted from it, so that shortening them can't
-- prolong them.
create function curtain.rule_keeps_its_day() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    new.required_since := case
        when new.second_factor = 'any' then null
        when old.second_factor = 'any' then clock_timestamp()
        else old.required_since
    end;
    return new;
end
$$;
create trigger rule_keeps_its_day before update on curtain.role_policy
    for each row execute function curtain.rule_keeps_its_day();

-- A session lives as long as it was given and as long as its role may now, whichever is shorter.
create or replace function curtain.actor() returns uuid
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select s.account
    from curtain.session s
    join curtain.account a on a.id = s.account
    join curtain.role_policy p on p.role = a.role
    where s.context_hash = sha256(decode(current_setting('curtain.context', true), 'hex'))
        and s.ended_at is null
        and clock_timestamp() < least(s.ends_at, s.created_at + make_interval(mins => p.absolute_minutes))
        and clock_timestamp() < s.last_used_at + make_interval(secs => least(s.idle_seconds, p.idle_minutes * 60))
        and a.state = 'active'
        and a.role = case session_user
            when 'curtain_patient' then 'patient'
            when 'curtain_clinician' then 'clinician'
            when 'curtain_admin' then 'administrator'
            when 'curtain_auditor' then 'auditor'
        end
$$;
grant select (created_at) on curtain.session to curtain_lookup;
grant select (role, idle_minutes, absolute_minutes) on curtain.role_policy to curtain_lookup;
create policy lookup_reads on curtain.role_policy for select to curtain_lookup using (true);

-- Signing in, activating and changing a password go by it.
grant select (version, password_minimum, changed_at, changed_by) on curtain.practice_policy to curtain_credentials;
grant select on curtain.role_policy to curtain_credentials;
grant select (role_since) on curtain.account to curtain_credentials;
create policy credentials_reads on curtain.practice_policy for select to curtain_credentials using (true);
create policy credentials_reads on curtain.role_policy for select to curtain_credentials using (true);

-- Administrators decide it.
grant select (version, password_minimum, changed_at, changed_by), update (password_minimum)
    on curtain.practice_policy to curtain_admin;
grant select, update (second_factor, grace_days, idle_minutes, absolute_minutes) on curtain.role_policy to curtain_admin;
grant select (role_since) on curtain.account to curtain_admin;
create policy admin_reads on curtain.practice_policy for select to curtain_admin
    using ((select curtain.actor()) is not null);
create policy admin_decides on curtain.practice_policy for update to curtain_admin
    using ((select curtain.actor()) is not null) with check (changed_by = (select curtain.actor()));
create policy admin_reads on curtain.role_policy for select to curtain_admin
    using ((select curtain.actor()) is not null);
create policy admin_decides on curtain.role_policy for update to curtain_admin
    using ((select curtain.actor()) is not null) with check ((select curtain.actor()) is not null);
