-- Why: a clinician sees the patients they care for, not everybody the practice knows. Somebody is in a patient's care team
-- because a visit brought them together, or because an administrator said so; it ends with a date and stays on record.

create table curtain.care_team (
    id uuid primary key default gen_random_uuid(),
    patient uuid not null,
    clinician uuid not null,
    source text not null constraint care_team_source_check check (source in ('visit', 'by_hand')),
    -- Null where a visit did it.
    added_by uuid references curtain.account (id),
    -- By the database's clock, like the policies that ask for it: no scope may write it.
    since timestamptz not null default clock_timestamp(),
    until timestamptz,
    patient_role text not null generated always as ('patient') stored,
    clinician_role text not null generated always as ('clinician') stored,
    constraint care_team_patient_fkey foreign key (patient, patient_role) references curtain.account (id, role),
    constraint care_team_clinician_fkey foreign key (clinician, clinician_role) references curtain.account (id, role),
    constraint care_team_until_check check (until >= since),
    constraint care_team_added_by_check check ((added_by is null) = (source = 'visit'))
);
create unique index care_team_one_open on curtain.care_team (patient, clinician) where until is null;
create index care_team_clinician_idx on curtain.care_team (clinician, patient);

-- Everybody who has run or joined a visit so far. FORCE binds the owner too, and would hide the rows.
alter table curtain.visit_participant no force row level security;
insert into curtain.care_team (patient, clinician, source, since)
    select p.patient, p.account, 'visit', min(p.created_at)
    from curtain.visit_participant p where p.role in ('clinician', 'co_host') group by p.patient, p.account;
alter table curtain.visit_participant force row level security;
alter table curtain.care_team enable row level security, force row level security;

-- The patients I care for at this moment.
create function curtain.my_patients() returns setof uuid
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select c.patient from curtain.care_team c
    where c.clinician = (select curtain.actor()) and (c.until is null or c.until > clock_timestamp())
$$;

-- A place in a visit brings a clinician into the care team, whoever gave it to them. An end that was set already stands.
create function curtain.visit_joins_care_team() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    insert into curtain.care_team (patient, clinician, source)
        select new.patient, new.account, 'visit'
        where not exists (
            select from curtain.care_team c
            where c.patient = new.patient and c.clinician = new.account
                and (c.until is null or c.until > clock_timestamp())
        )
        on conflict do nothing;
    return null;
end
$$;
grant select (patient, clinician, until), insert (patient, clinician, source) on curtain.care_team to curtain_lookup;
create policy lookup_reads on curtain.care_team for select to curtain_lookup using (true);
create policy lookup_joins on curtain.care_team for insert to curtain_lookup
    with check (source = 'visit' and until is null);
grant create on schema curtain to curtain_lookup;
alter function curtain.my_patients() owner to curtain_lookup;
alter function curtain.visit_joins_care_team() owner to curtain_lookup;
revoke create on schema curtain from curtain_lookup;
grant execute on function curtain.my_patients() to curtain_clinician;
grant execute on function curtain.my_people() to curtain_clinician;
create trigger visit_joins_care_team after insert on curtain.visit_participant
    for each row when (new.role in ('clinician', 'co_host')) execute function curtain.visit_joins_care_team();

-- Of patients, a clinician knows those they care for, and those they have had visits with by name.
drop policy clinician_reads on curtain.account;
create policy clinician_reads on curtain.account for select to curtain_clinician
    using (
        (role = 'clinician' and (select curtain.actor()) is not null)
        or id in (select curtain.my_patients())
        or id in (select curtain.my_people())
    );
-- Who else cares for my patients.
grant select (patient, clinician, until) on curtain.care_team to curtain_clinician;
create policy clinician_reads on curtain.care_team for select to curtain_clinician
    using (patient in (select curtain.my_patients()));

-- Visits are made for patients in one's care, and only they may be joined by further colleagues.
drop policy clinician_books on curtain.visit;
create policy clinician_books on curtain.visit for insert to curtain_clinician
    with check (
        clinician = (select curtain.actor()) and state = 'scheduled' and patient in (select curtain.my_patients())
    );
drop policy clinician_fills on curtain.visit_participant;
create policy clinician_fills on curtain.visit_participant for insert to curtain_clinician
    with check (
        visit in (select v.id from curtain.visit v where v.clinician = (select curtain.actor()))
        and patient in (select curtain.my_patients())
        and (role = 'clinician') = (account = (select curtain.actor()))
    );

-- A record is closed to whoever is outside of the care team, its author included: that a visit took place stays known to
-- who was in it, what was written does not.
drop policy clinician_reads on curtain.data_key;
create policy clinician_reads on curtain.data_key for select to curtain_clinician
    using (
        patient in (select curtain.my_patients())
        and patient in (select v.patient from curtain.visit v where v.clinician = (select curtain.actor()))
    );
drop policy clinician_makes on curtain.data_key;
create policy clinician_makes on curtain.data_key for insert to curtain_clinician
    with check (
        patient in (select curtain.my_patients())
        and patient in (select v.patient from curtain.visit v where v.clinician = (select curtain.actor()))
    );
drop policy author_reads on curtain.note;
create policy author_reads on curtain.note for select to curtain_clinician
    using (author = (select curtain.actor()) and patient in (select curtain.my_patients()));
drop policy author_writes on curtain.note;
create policy author_writes on curtain.note for insert to curtain_clinician
    with check (
        author = (select curtain.actor())
        and patient in (select curtain.my_patients())
        -- Names the visit too: the policy speaks before the unique index does, which would tell that a note exists.
        and visit in (select v.id from curtain.visit v where v.clinician = (select curtain.actor()))
    );
drop policy author_rewrites on curtain.note;
create policy author_rewrites on curtain.note for update to curtain_clinician
    using (author = (select curtain.actor()) and patient in (select curtain.my_patients()))
    with check (author = (select curtain.actor()) and patient in (select curtain.my_patients()));

-- Administrators put care teams together: who cares for whom, never why. What has ended can't be changed, and no end can
-- be set in the past.
grant select (id, patient, clinician, source, since, until), insert (patient, clinician, source, added_by), update (until)
    on curtain.care_team to curtain_admin;
create policy admin_reads on curtain.care_team for select to curtain_admin
    using ((select curtain.actor()) is not null);
create policy admin_adds on curtain.care_team for insert to curtain_admin
    with check (source = 'by_hand' and added_by = (select curtain.actor()));
create policy admin_ends on curtain.care_team for update to curtain_admin
    using ((until is null or until > clock_timestamp()) and (select curtain.actor()) is not null)
    with check (until > clock_timestamp() - interval '1 minute');
