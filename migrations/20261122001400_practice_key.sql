-- Why: the practice's signing key and what it certifies (docs/protocol.md, "Practice"). Only public parts stand here: the
-- private one is in a file of the administrators, so that whoever holds this database and this server can hand out
-- certificates and make none. Keys and certificates are only ever added; a device is revoked once and for ever.

create table curtain.practice_key (
    id uuid primary key default gen_random_uuid(),
    -- Ed25519 (RFC 8032).
    public_key bytea not null constraint practice_key_public_key unique check (length(public_key) = 32),
    -- The key before it. One line of keys: the first has none, and no two follow the same one.
    previous uuid references curtain.practice_key (id),
    -- What the key before it said of it: browsers that remember that one follow. Null when it was lost, and for the first.
    signed_by_previous bytea constraint practice_key_rotation_check
        check (signed_by_previous is null or (length(signed_by_previous) = 64 and previous is not null)),
    made_at timestamptz not null default clock_timestamp(),
    made_by uuid not null references curtain.account (id),
    constraint practice_key_line_key unique nulls not distinct (previous)
);

-- A browser that a clinician holds visits in: the public part of its device key.
create table curtain.clinician_device (
    id uuid primary key default gen_random_uuid(),
    account uuid not null references curtain.account (id),
    public_key bytea not null check (length(public_key) = 32),
    -- Browser and system, as far as the server could tell.
    name text check (length(name) between 1 and 60),
    registered_at timestamptz not null default clock_timestamp(),
    revoked_at timestamptz,
    constraint clinician_device_key unique (account, public_key)
);
create index clinician_device_revoked_idx on curtain.clinician_device (revoked_at) where revoked_at is not null;

create table curtain.device_certificate (
    id uuid primary key default gen_random_uuid(),
    device uuid not null references curtain.clinician_device (id),
    practice_key uuid not null references curtain.practice_key (id),
    -- What was signed: what the person is called, the roles (bit n for role n), until when.
    name text not null check (octet_length(name) between 1 and 255),
    roles integer not null check (roles between 1 and 65535),
    not_after timestamptz not null,
    signature bytea not null check (length(signature) = 64),
    certified_at timestamptz not null default clock_timestamp(),
    certified_by uuid not null references curtain.account (id),
    -- As long as revoked devices are told of (revoked_devices below).
    constraint device_certificate_lifetime_check check (not_after <= certified_at + interval '91 days')
);
create index device_certificate_device_idx on curtain.device_certificate (device, certified_at);

alter table curtain.practice_key enable row level security, force row level security;
alter table curtain.clinician_device enable row level security, force row level security;
alter table curtain.device_certificate enable row level security, force row level security;

-- Everybody who is signed in learns the keys; browsers remember them and judge for themselves.
grant select (id, public_key, previous, signed_by_previous, made_at) on curtain.practice_key
    to curtain_patient, curtain_clinician, curtain_admin, curtain_auditor;
create policy people_read on curtain.practice_key for select
    to curtain_patient, curtain_clinician, curtain_admin, curtain_auditor
    using ((select curtain.actor()) is not null);
grant select (made_by), insert (public_key, previous, signed_by_previous, made_by) on curtain.practice_key
    to curtain_admin;
create policy admin_makes on curtain.practice_key for insert to curtain_admin
    with check (made_by = (select curtain.actor()));

-- Which devices are nobody's any more. By then the certificates of those before have ended by themselves.
grant select (public_key, revoked_at) on curtain.clinician_device to curtain_patient, curtain_auditor;
create policy revoked_devices on curtain.clinician_device for select
    to curtain_patient, curtain_clinician, curtain_auditor
    using (revoked_at > clock_timestamp() - interval '91 days' and (select curtain.actor()) is not null);

-- A clinician registers the browsers they hold visits in, and takes them back.
grant select, insert (account, public_key, name), update (revoked_at) on curtain.clinician_device to curtain_clinician;
create policy owner_reads on curtain.clinician_device for select to curtain_clinician
    using (account = (select curtain.actor()));
create policy owner_registers on curtain.clinician_device for insert to curtain_clinician
    with check (account = (select curtain.actor()));
create policy owner_revokes on curtain.clinician_device for update to curtain_clinician
    using (account = (select curtain.actor()) and revoked_at is null)
    with check (account = (select curtain.actor()) and revoked_at is not null);
grant select (id, device, practice_key, name, roles, not_after, signature, certified_at) on curtain.device_certificate
    to curtain_clinician;
create policy owner_reads on curtain.device_certificate for select to curtain_clinician
    using (device in (select d.id from curtain.clinician_device d where d.account = (select curtain.actor())));

-- Administrators certify with a key that the server never sees, and take back.
grant select, update (revoked_at) on curtain.clinician_device to curtain_admin;
create policy admin_reads on curtain.clinician_device for select to curtain_admin
    using ((select curtain.actor()) is not null);
create policy admin_revokes on curtain.clinician_device for update to curtain_admin
    using (revoked_at is null and (select curtain.actor()) is not null) with check (revoked_at is not null);
grant select, insert (device, practice_key, name, roles, not_after, signature, certified_by)
    on curtain.device_certificate to curtain_admin;
create policy admin_reads on curtain.device_certificate for select to curtain_admin
    using ((select curtain.actor()) is not null);
-- Under the key that nobody follows, for a device that is somebody's.
create policy admin_certifies on curtain.device_certificate for insert to curtain_admin
    with check (
        certified_by = (select curtain.actor())
        and device in (select d.id from curtain.clinician_device d where d.revoked_at is null)
        and practice_key in (select k.id from curtain.practice_key k)
        and practice_key not in (select k.previous from curtain.practice_key k where k.previous is not null)
    );

-- Whoever is suspended or becomes something else holds no visits with the browsers of before.
create function curtain.account_change_ends_devices() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update curtain.clinician_device set revoked_at = clock_timestamp() where account = new.id and revoked_at is null;
    return null;
end
$$;
grant select (account, revoked_at), update (revoked_at) on curtain.clinician_device to curtain_lookup;
create policy lookup_reads on curtain.clinician_device for select to curtain_lookup using (true);
create policy lookup_ends on curtain.clinician_device for update to curtain_lookup
    using (revoked_at is null) with check (revoked_at is not null);
grant create on schema curtain to curtain_lookup;
alter function curtain.account_change_ends_devices() owner to curtain_lookup;
revoke create on schema curtain from curtain_lookup;
create trigger account_change_ends_devices after update of role, state on curtain.account
    for each row when (new.state = 'suspended' or old.role is distinct from new.role)
    execute function curtain.account_change_ends_devices();
