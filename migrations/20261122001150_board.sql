-- Why: administrators see who could still sign in when a phone is lost: how many recovery codes somebody has left, never one
-- of them. The hash has no grant here.

grant select (account, used_at, replaced_at) on curtain.recovery_code to curtain_admin;
create policy admin_counts on curtain.recovery_code for select to curtain_admin
    using ((select curtain.actor()) is not null);
