-- Why: the clinician's note of a visit, as bytes that only the vault opens, and the wrapped data key of each patient.
-- Only the author has any right on a note: a colleague, the patient and the administrator see nothing, by SQL too.

create table curtain.data_key (
    id uuid primary key,
    patient uuid not null constraint data_key_patient_key unique,
    wrapped_by text not null,
    wrapped bytea not null,
    created_at timestamptz not null,
    patient_role text not null generated always as ('patient') stored,
    constraint data_key_patient_fkey foreign key (patient, patient_role) references curtain.account (id, role),
    constraint data_key_patient_id_key unique (patient, id)
);

create table curtain.note (
    id uuid primary key,
    visit uuid not null constraint note_visit_key unique,
    patient uuid not null,
    author uuid not null,
    version integer not null check (version >= 1),
    sealed_text bytea not null,
    data_key uuid not null,
    saved_at timestamptz not null,
    constraint note_patient_visit_fkey foreign key (patient, visit) references curtain.visit (patient, id),
    -- The author is the clinician of the visit, by constraint.
    constraint note_author_fkey foreign key (visit, author) references curtain.visit (id, clinician),
    constraint note_data_key_fkey foreign key (patient, data_key) references curtain.data_key (patient, id),
    constraint note_patient_id_key unique (patient, id)
);

alter table curtain.data_key enable row level security, force row level security;
alter table curtain.note enable row level security, force row level security;

grant select (id, patient, wrapped_by, wrapped), insert (id, patient, wrapped_by, wrapped, created_at)
    on curtain.data_key to curtain_clinician;
create policy clinician_reads on curtain.data_key for select to curtain_clinician
    using (patient in (select v.patient from curtain.visit v where v.clinician = (select curtain.actor())));
create policy clinician_makes on curtain.data_key for insert to curtain_clinician
    with check (patient in (select v.patient from curtain.visit v where v.clinician = (select curtain.actor())));

grant select, insert, update (version, sealed_text, data_key, saved_at) on curtain.note to curtain_clinician;
create policy author_reads on curtain.note for select to curtain_clinician
    using (author = (select curtain.actor()));
-- Names the visit too: the policy speaks before the unique index does, which would tell that a note exists.
create policy author_writes on curtain.note for insert to curtain_clinician
    with check (
        author = (select curtain.actor())
        and visit in (select v.id from curtain.visit v where v.clinician = (select curtain.actor()))
    );
create policy author_rewrites on curtain.note for update to curtain_clinician
    using (author = (select curtain.actor())) with check (author = (select curtain.actor()));
