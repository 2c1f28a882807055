-- Why: the practice that runs this Curtain. One row: a host of many practices runs one database for each (AC6).

create table curtain.practice (
    id uuid primary key,
    name text not null,
    created_at timestamptz not null
);
create unique index practice_is_one on curtain.practice ((true));
alter table curtain.practice enable row level security, force row level security;

grant select (id, name) on curtain.practice to
    curtain_credentials, curtain_patient, curtain_clinician, curtain_admin, curtain_auditor, curtain_worker;
create policy members_read on curtain.practice for select
    to curtain_patient, curtain_clinician, curtain_admin, curtain_auditor
    using ((select curtain.actor()) is not null);
create policy machines_read on curtain.practice for select to curtain_credentials, curtain_worker using (true);
