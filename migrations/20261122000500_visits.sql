-- Why: visits and the places people have in them. A person sees the visits they have a place in, and nothing of others.

create table curtain.visit (
    id uuid primary key,
    patient uuid not null,
    clinician uuid not null,
    state text not null default 'scheduled' constraint visit_state_check
        check (state in ('scheduled', 'waiting', 'in_progress', 'ended', 'cancelled', 'no_show')),
    scheduled_at timestamptz not null,
    waiting_since timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    created_at timestamptz not null,
    -- A patient is a patient and a clinician a clinician, whatever the code above believes.
    patient_role text not null generated always as ('patient') stored,
    clinician_role text not null generated always as ('clinician') stored,
    constraint visit_patient_fkey foreign key (patient, patient_role) references curtain.account (id, role),
    constraint visit_clinician_fkey foreign key (clinician, clinician_role) references curtain.account (id, role),
    -- What hangs on a visit names its patient too: a row can't be tied to another person's visit (L21).
    constraint visit_patient_id_key unique (patient, id),
    constraint visit_id_clinician_key unique (id, clinician),
    constraint visit_ended_check check ((ended_at is not null) = (state in ('ended', 'cancelled', 'no_show')))
);
create index visit_clinician_idx on curtain.visit (clinician, scheduled_at);

create table curtain.visit_participant (
    id uuid primary key,
    visit uuid not null,
    patient uuid not null,
    account uuid not null,
    role text not null constraint visit_participant_role_check
        check (role in ('clinician', 'co_host', 'patient')),
    created_at timestamptz not null,
    joined_at timestamptz,
    left_at timestamptz,
    account_role text not null generated always as (case role when 'patient' then 'patient' else 'clinician' end) stored,
    constraint visit_participant_visit_fkey foreign key (patient, visit) references curtain.visit (patient, id),
    constraint visit_participant_account_fkey
        foreign key (account, account_role) references curtain.account (id, role),
    constraint visit_participant_patient_check check ((role = 'patient') = (account = patient)),
    -- One place per person: it stays theirs over tabs, reloads and lost connections.
    constraint visit_participant_visit_account_key unique (visit, account)
);
create unique index visit_participant_one_clinician on curtain.visit_participant (visit) where role = 'clinician';
create index visit_participant_account_idx on curtain.visit_participant (account);

alter table curtain.visit enable row level security, force row level security;
alter table curtain.visit_participant enable row level security, force row level security;

-- The steps of domain::VisitState::advance, so that no statement can bring a visit back to life.
create function curtain.visit_follows_its_states() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if (old.state = new.state and old.state in ('scheduled', 'waiting', 'in_progress'))
        or (old.state in ('scheduled', 'waiting') and new.state in ('scheduled', 'waiting') and old.state <> new.state)
        or (old.state in ('scheduled', 'waiting') and new.state in ('in_progress', 'ended', 'cancelled', 'no_show'))
        or (old.state = 'in_progress' and new.state = 'ended')
    then
        return new;
    end if;
    raise exception using
        errcode = 'check_violation',
        constraint = 'visit_state_transition',
        message = format('a visit that is %s can''t become %s', old.state, new.state);
end
$$;
create trigger visit_follows_its_states before update on curtain.visit
    for each row execute function curtain.visit_follows_its_states();

-- Row policies of visits and places would ask each other in a circle; these two look from outside of it.
create function curtain.my_visits() returns setof uuid
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select p.visit from curtain.visit_participant p where p.account = (select curtain.actor())
$$;
create function curtain.my_people() returns setof uuid
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select p.account from curtain.visit_participant p where p.visit in (select curtain.my_visits())
    union
    select curtain.actor()
$$;
grant select (visit, account) on curtain.visit_participant to curtain_lookup;
create policy lookup_reads on curtain.visit_participant for select to curtain_lookup using (true);
grant create on schema curtain to curtain_lookup;
alter function curtain.my_visits() owner to curtain_lookup;
alter function curtain.my_people() owner to curtain_lookup;
revoke create on schema curtain from curtain_lookup;
grant execute on function curtain.my_visits() to curtain_patient, curtain_clinician;
grant execute on function curtain.my_people() to curtain_patient;

grant select (id, patient, clinician, state, scheduled_at, waiting_since, started_at, ended_at) on curtain.visit
    to curtain_patient, curtain_clinician, curtain_worker;
grant select (id, visit, account, role) on curtain.visit_participant
    to curtain_patient, curtain_clinician, curtain_worker;

create policy patient_reads on curtain.visit for select to curtain_patient
    using (id in (select curtain.my_visits()));
create policy patient_reads on curtain.visit_participant for select to curtain_patient
    using (visit in (select curtain.my_visits()));
-- A patient knows the names of the people in their own visits, and their own.
grant select (id, name, role) on curtain.account to curtain_patient;
create policy patient_reads on curtain.account for select to curtain_patient
    using (id in (select curtain.my_people()));

create policy clinician_reads on curtain.visit for select to curtain_clinician
    using (clinician = (select curtain.actor()) or id in (select curtain.my_visits()));
create policy clinician_reads on curtain.visit_participant for select to curtain_clinician
    using (visit in (select curtain.my_visits()));
grant insert (id, patient, clinician, scheduled_at, created_at) on curtain.visit to curtain_clinician;
create policy clinician_books on curtain.visit for insert to curtain_clinician
    with check (clinician = (select curtain.actor()) and state = 'scheduled');
-- Only who runs a visit fills its places: their own, the patient's, and colleagues'.
grant insert (id, visit, patient, account, role, created_at) on curtain.visit_participant to curtain_clinician;
create policy clinician_fills on curtain.visit_participant for insert to curtain_clinician
    with check (
        visit in (select v.id from curtain.visit v where v.clinician = (select curtain.actor()))
        and (role = 'clinician') = (account = (select curtain.actor()))
    );

-- The room writes down what happened in it.
create policy worker_reads on curtain.visit for select to curtain_worker using (true);
create policy worker_reads on curtain.visit_participant for select to curtain_worker using (true);
grant update (state, waiting_since, started_at, ended_at) on curtain.visit to curtain_worker;
create policy worker_moves on curtain.visit for update to curtain_worker using (true);
grant select (joined_at), update (joined_at, left_at) on curtain.visit_participant to curtain_worker;
create policy worker_moves on curtain.visit_participant for update to curtain_worker using (true);
